//! One walk over a value: a `Serializer` that goes where something is wanted and nowhere else. `serialize_field` gives a member before it is
//! serialised, so that what nobody wants costs the comparison of its name, however large it is.
//!
//! There is one type of serializer, since a user's types are compiled once for each.

use crate::read::facts::{Facts, Sign, Signs, TextField, shared, word};
use crate::read::want::{MODALITY, Members, Name, Names, Want};
use crate::value::attribute::Number;
use crate::vocabulary::{Modality, Spent, stop_reason_word};
use serde::Serialize;
use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};
use serde_json::{Map, Value};
use std::fmt;

/// What can be read, without its type: whatever has serde's `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read: it does not implement `serde::Serialize`",
    label = "expected something that serialises",
    note = "say what it says yourself instead: `usage = …`, `stop_reason = …`, `message = …`, or implement `samplescope::SamplingResponse` for its type"
)]
pub trait Readable {
    #[doc(hidden)]
    fn walk(&self, reader: Reader<'_, '_>) -> Result<(), Unreadable>;
}

impl<T: Serialize + ?Sized> Readable for T {
    fn walk(&self, reader: Reader<'_, '_>) -> Result<(), Unreadable> {
        self.serialize(reader)
    }
}

/// What has no size of its own, as what has.
pub(crate) struct ByRef<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Readable + ?Sized> Readable for ByRef<'_, T> {
    fn walk(&self, reader: Reader<'_, '_>) -> Result<(), Unreadable> {
        self.0.walk(reader)
    }
}

/// It does not serialise. What it said of that may hold what the value holds, and is not kept.
#[derive(Debug)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what does not serialise")
    }
}

impl std::error::Error for Unreadable {}

impl ser::Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Unreadable
    }
}

type Done = Result<(), Unreadable>;

/// How many values are gone through inside each other. Readers of JSON have their limits: that of `serde_json` is 127.
const DEPTH: u8 = 120;

/// How many values content may have, each of which takes more room than it says.
const VALUES: usize = 1 << 20;

/// How many names of members are kept to be told.
const NAMES: usize = 100;

/// `serde_json` hands these on as structs of these names, whose one member is a JSON text.
const JSON_TEXTS: &[&str] = &["$serde_json::private::Number", "$serde_json::private::RawValue"];

/// Goes over a value, or over one of its members, for what it is.
pub(crate) fn signs(given: &dyn Readable, under: Option<&'static str>, want: &'static Want) -> Result<Signs, Unreadable> {
    let mut walk = Walk::new(under, None);
    walk.over(given, want)?;
    Ok(walk.signs)
}

/// Goes over a value, or over one of its members, for what it says.
pub(crate) fn facts(given: &dyn Readable, under: Option<&'static str>, want: &'static Want, facts: &mut Facts) -> Done {
    let mut walk = Walk::new(under, Some(facts));
    walk.over(given, want)?;
    let signs = walk.signs;
    facts.signs = signs;
    Ok(())
}

/// The names of a value's members.
pub(crate) fn names(given: &dyn Readable) -> Result<Vec<String>, Unreadable> {
    let mut walk = Walk::new(None, None);
    walk.over(given, &Want::Names)?;
    Ok(walk.built.map(|built| built.names).unwrap_or_default())
}

/// What is kept while a value is gone over.
struct Walk<'f> {
    signs: Signs,
    facts: Option<&'f mut Facts>,
    /// The member of the value that is read in its place, until that is found.
    under: Option<&'static str>,
    /// Whether a list, an object or a variant of the value was entered; an `Option` or a newtype around it is still the value itself.
    is_inside: bool,
    /// How many values more may stand inside of the one that is read.
    depth: u8,
    /// The name that was serialised last.
    name: String,
    built: Option<Box<Built>>,
}

/// What is kept of values that are not passed over: content, and the names of a value that is not recognised.
#[derive(Default)]
struct Built {
    names: Vec<String>,
    /// The lists and objects that are being built, each inside of the one before.
    open: Vec<Building>,
    /// The value that was serialised last.
    last: Value,
    /// How many values there are.
    values: usize,
}

impl<'f> Walk<'f> {
    fn new(under: Option<&'static str>, facts: Option<&'f mut Facts>) -> Self {
        Walk { signs: Signs::default(), facts, under, is_inside: false, depth: DEPTH, name: String::new(), built: None }
    }

    fn over(&mut self, given: &dyn Readable, want: &'static Want) -> Done {
        given.walk(Reader { want, walk: self })
    }

    fn built(&mut self) -> &mut Built {
        self.built.get_or_insert_default()
    }

    fn is_wanted(&self, want: &Want) -> bool {
        let Some(Facts { uses, .. }) = self.facts.as_deref() else { return true };
        match want {
            Want::Content(_) => uses.content,
            Want::Number(_)
            | Want::StopSequence
            | Want::Tools
            | Want::Tool
            | Want::Text(TextField::Id | TextField::PreviousResponse | TextField::ReasoningLevel) => uses.recorded,
            Want::Count(count) => uses.recorded || count.is_of_tokens(),
            _ => true,
        }
    }
}

/// Reads one value, for one thing that is wanted of it.
#[expect(missing_debug_implementations, reason = "only a `Serialize` is given one")]
pub struct Reader<'a, 'f> {
    want: &'static Want,
    walk: &'a mut Walk<'f>,
}

impl<'a, 'f> Reader<'a, 'f> {
    fn see(&mut self, sign: Sign) {
        self.walk.signs.see(sign);
    }

    fn say(&mut self, say: impl FnOnce(&mut Facts)) {
        if let Some(facts) = &mut self.walk.facts {
            say(facts);
        }
    }

    /// Reads what stands in this value's place.
    fn pass<T: Serialize + ?Sized>(self, value: &T) -> Done {
        match self.walk.depth.checked_sub(1) {
            Some(depth) => {
                self.walk.depth = depth;
                value.serialize(self)
            }
            None => Ok(()),
        }
    }

    /// The same value, for something else.
    fn for_want(&mut self, want: &'static Want) -> Reader<'_, 'f> {
        Reader { want, walk: self.walk }
    }

    fn null(&mut self) {
        match self.want {
            Want::Content(_) | Want::Inside => self.build(Value::Null),
            _ if !self.walk.is_inside => self.see(Sign::Null),
            _ => {}
        }
    }

    fn build(&mut self, value: Value) {
        let built = self.walk.built();
        built.values += 1;
        match self.want {
            Want::Content(place) => self.say(|facts| *facts.place(*place) = value),
            _ => built.last = value,
        }
    }

    fn boolean(&mut self, value: bool) {
        match self.want {
            Want::Content(_) | Want::Inside => self.build(value.into()),
            Want::True(sign) if value => self.see(*sign),
            Want::Says(_) if !value => {}
            Want::Name => self.walk.name = value.to_string(),
            _ => self.any(),
        }
    }

    /// What every value is that is not null.
    fn any(&mut self) {
        match self.want {
            Want::Sign(sign) | Want::Filled(sign) | Want::Says(sign) | Want::Key(sign) => self.see(*sign),
            Want::CallsTool => self.say(|facts| facts.choice().calls_tool = true),
            Want::FailedAs(kind) => {
                self.see(Sign::Failed);
                self.say(|facts| facts.say_text(TextField::ErrorType, kind));
            }
            Want::Tool => self.say(|facts| *facts.tools.get_or_insert(0) += 1),
            _ => {}
        }
    }

    /// `None` is no count that could be one.
    fn number(&mut self, count: Option<i64>, float: f64, as_text: impl FnOnce() -> String, as_json: impl FnOnce() -> Value) {
        match self.want {
            Want::Content(_) | Want::Inside => self.build(as_json()),
            Want::Count(place) => self.say(|facts| facts.say_count(*place, count)),
            Want::Tokens(spent, modality) => self.say(|facts| facts.say_modality(*spent, *modality, count)),
            Want::Number(place) => self.say(|facts| facts.say_number(*place, float)),
            Want::ChoiceIndex => self.say(|facts| facts.choice().index = count.and_then(|index| index.try_into().ok())),
            // An id that is a number is still an id, and a status most often is one.
            Want::Text(place) => self.say(|facts| facts.say_text(*place, &as_text())),
            Want::Name => self.walk.name = as_text(),
            Want::Says(_) if float == 0.0 => {}
            _ => self.any(),
        }
    }

    fn text(&mut self, text: &str) {
        match self.want {
            Want::Only(want) | Want::Each(want) | Want::Variant(want) => {
                self.for_want(want).text(text);
            }
            Want::Content(_) | Want::Inside => self.build(text.into()),
            Want::Text(place) => self.say(|facts| facts.say_text(*place, text)),
            Want::FinishReason => self.say(|facts| facts.choice().finish_reason = word(text, stop_reason_word)),
            Want::StopSequence => self.say(|facts| facts.stop_sequences.extend(word(text, shared))),
            Want::Count(place) => self.say(|facts| facts.say_count(*place, None)),
            Want::Word(words) => {
                let is = |word: &str| word.strip_suffix('*').map_or(word == text, |beginning| text.starts_with(beginning));
                let sign = words.iter().find(|(word, _)| is(word)).map(|&(_, sign)| sign);
                if let Some(sign) = sign {
                    self.see(sign);
                }
            }
            Want::Modality => {
                let modality = match text {
                    "TEXT" => Some(Modality::Text),
                    "IMAGE" => Some(Modality::Image),
                    "AUDIO" => Some(Modality::Audio),
                    _ => None,
                };
                self.say(|facts| facts.modality = modality);
            }
            Want::Filled(_) | Want::Says(_) if text.is_empty() => {}
            Want::Name => {
                self.walk.name.clear();
                self.walk.name.push_str(text);
            }
            _ => self.any(),
        }
    }

    fn list(mut self) -> Inner<'a, 'f> {
        let handling = match self.want {
            Want::Each(want) => Handling::Each(want),
            Want::Choices(want) => Handling::Choices(want),
            Want::Breakdown(spent) => Handling::Breakdown(*spent),
            Want::Tools => {
                self.say(|facts| {
                    facts.tools.get_or_insert(0);
                });
                Handling::Tools
            }
            // Empty or not: the first entry tells.
            Want::Filled(_) | Want::Says(_) | Want::CallsTool => Handling::Filled,
            Want::Content(_) | Want::Inside => self.open(Value::Array(Vec::new())),
            _ => {
                self.any();
                Handling::Skipped
            }
        };
        self.inner(handling)
    }

    /// Begins a list or an object of content.
    fn open(&mut self, value: Value) -> Handling {
        if self.walk.depth == 0 {
            return Handling::TooDeep;
        }
        let open = &mut self.walk.built().open;
        open.push(Building { value, variant: None, left_out: 0 });
        Handling::Content(open.len() - 1)
    }

    fn object(mut self, name: &'static str) -> Inner<'a, 'f> {
        let handling = match self.want {
            Want::Members(members) if self.walk.is_inside => {
                return Inner {
                    want: self.want,
                    depth: self.walk.depth,
                    walk: self.walk,
                    names: members.names(),
                    handling: Handling::Members(members),
                };
            }
            Want::Members(members) => Handling::Members(members),
            Want::Each(want) | Want::Variant(want) => return Reader { want, ..self }.object(name),
            Want::Only(want) => Handling::Each(want),
            Want::Names => Handling::Names,
            _ if JSON_TEXTS.contains(&name) => Handling::Json,
            Want::Says(_) => Handling::Filled,
            Want::Content(_) | Want::Inside => self.open(Value::Object(Map::new())),
            _ => {
                self.any();
                Handling::Skipped
            }
        };
        self.inner(handling)
    }

    fn inner(self, mut handling: Handling) -> Inner<'a, 'f> {
        let walk = self.walk;
        let is_inside = std::mem::replace(&mut walk.is_inside, true);
        if let (Handling::Members(_), false, Some(under)) = (&handling, is_inside, walk.under) {
            handling = Handling::Under(under);
        }
        let names = match handling {
            Handling::Members(members) => members.names(),
            Handling::Skipped => Names::NONE,
            _ => Names::ALL,
        };
        Inner { want: self.want, depth: walk.depth, walk, names, handling }
    }

    /// The inside of an enum's variant, which is a member of that name to everybody who does not ask for variants.
    fn inside_variant(mut self, variant: &'static str, open: impl FnOnce(Self) -> Inner<'a, 'f>) -> Inner<'a, 'f> {
        let want = match self.want {
            Want::Content(_) | Want::Inside => {
                let inner = open(self);
                if let Handling::Content(at) = inner.handling {
                    inner.walk.built().open[at].variant = Some(variant);
                }
                return inner;
            }
            Want::Members(members) => members.of(Name::of(variant)).and_then(|want| want.each().first()),
            Want::Variant(want) | Want::Only(want) => Some(*want),
            _ => {
                self.any();
                None
            }
        };
        match want {
            Some(want) => {
                self.walk.is_inside = true;
                open(Reader { want, ..self })
            }
            None => self.inner(Handling::Skipped),
        }
    }
}

/// The inside of a list or an object.
#[expect(missing_debug_implementations, reason = "only a `Serialize` is given one")]
pub struct Inner<'a, 'f> {
    want: &'static Want,
    walk: &'a mut Walk<'f>,
    /// How many values may stand inside of this one.
    depth: u8,
    /// Which members are worth a look.
    names: Names,
    handling: Handling,
}

/// What is done with each entry or member.
#[derive(Clone, Copy)]
enum Handling {
    Skipped,
    Each(&'static Want),
    Choices(&'static Want),
    Breakdown(Spent),
    Tools,
    /// Whether there is anything in it.
    Filled,
    Members(&'static Members),
    /// The member of that name is read in the place of it all.
    Under(&'static str),
    Names,
    /// Content, which is being built there.
    Content(usize),
    /// The one member is a JSON text.
    Json,
    TooDeep,
}

/// A list or an object of content that is being built.
struct Building {
    value: Value,
    /// The enum's variant that it is the content of.
    variant: Option<&'static str>,
    left_out: usize,
}

/// What a value is to be read for is decided where its type is not known: that is compiled once, and not once for each type.
impl Inner<'_, '_> {
    fn entry<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        let Some(want) = self.wanted_of_entry() else { return Ok(()) };
        self.read(want, value)?;
        self.has_read("");
        Ok(())
    }

    /// A member of an object.
    fn member<T: Serialize + ?Sized>(&mut self, name: Name<'_>, value: &T) -> Done {
        let Some(want) = self.wanted_of_member(name) else { return Ok(()) };
        self.read(want, value)?;
        self.has_read(name.text);
        Ok(())
    }

    fn read<T: Serialize + ?Sized>(&mut self, want: &'static Want, value: &T) -> Done {
        match want {
            Want::All(wants) => wants.iter().try_for_each(|want| self.read_one(want, value)),
            want => self.read_one(want, value),
        }
    }

    #[inline(never)]
    fn read_one<T: Serialize + ?Sized>(&mut self, want: &'static Want, value: &T) -> Done {
        if self.enters(want) { value.serialize(Reader { want, walk: self.walk }) } else { Ok(()) }
    }

    /// Whether what is wanted has to be asked of the value.
    #[inline]
    fn enters(&mut self, want: &Want) -> bool {
        if let Want::Key(sign) = want {
            self.walk.signs.see(*sign);
            return false;
        }
        let Some(depth) = self.depth.checked_sub(1) else { return false };
        self.walk.depth = depth;
        self.walk.is_wanted(want)
    }

    fn wanted_of_entry(&mut self) -> Option<&'static Want> {
        match self.handling {
            Handling::Each(want) => return Some(want),
            Handling::Choices(want) => {
                let has_room = self.walk.facts.as_mut().is_none_or(|facts| facts.begin_choice());
                return has_room.then_some(want);
            }
            Handling::Breakdown(_) => {
                self.say(Facts::begin_entry);
                return Some(&MODALITY);
            }
            Handling::Tools => self.say(|facts| *facts.tools.get_or_insert(0) += 1),
            Handling::Filled => Reader { want: self.want, walk: self.walk }.any(),
            Handling::Content(at) => return self.wanted_of_content(at),
            _ => {}
        }
        None
    }

    fn wanted_of_member(&mut self, name: Name<'_>) -> Option<&'static Want> {
        match self.handling {
            Handling::Members(_) if self.walk.facts.is_none() && self.walk.signs.are_decisive() => None,
            Handling::Members(members) => members.of(name),
            _ => self.wanted_of_any_member(name.text),
        }
    }

    /// What is wanted of a member, whatever its name is.
    #[inline(never)]
    fn wanted_of_any_member(&mut self, name: &str) -> Option<&'static Want> {
        match self.handling {
            Handling::Under(under) => (under == name).then_some(self.want),
            Handling::Each(want) => Some(want),
            Handling::Content(at) => self.wanted_of_content(at),
            Handling::Json => Some(&Want::Inside),
            Handling::Filled => {
                Reader { want: self.want, walk: self.walk }.any();
                None
            }
            Handling::Names => {
                let names = &mut self.walk.built().names;
                if names.len() < NAMES {
                    names.push(name.to_owned());
                }
                None
            }
            _ => None,
        }
    }

    /// Everything, unless there is too much already.
    fn wanted_of_content(&mut self, at: usize) -> Option<&'static Want> {
        let built = self.walk.built();
        // What a `Serialize` began inside of it and did not end is none of it.
        built.open.truncate(at + 1);
        if built.values >= VALUES {
            built.open[at].left_out += 1;
            return None;
        }
        built.last = Value::Null;
        Some(&Want::Inside)
    }

    /// A value has been read that may not be all that was wanted.
    #[inline]
    fn has_read(&mut self, name: &str) {
        if let Handling::Content(_) | Handling::Json | Handling::Breakdown(_) = self.handling {
            self.put(name);
        }
    }

    /// Puts what was read to the rest.
    fn put(&mut self, name: &str) {
        match self.handling {
            Handling::Content(at) => {
                let built = self.walk.built();
                let read = built.last.take();
                match &mut built.open[at].value {
                    Value::Array(entries) => entries.push(read),
                    Value::Object(members) => drop(members.insert(name.to_owned(), read)),
                    _ => {}
                }
            }
            Handling::Json => {
                let Value::String(json) = self.walk.built().last.take() else { return };
                let number = json.parse::<f64>().unwrap_or(f64::NAN);
                let parsed = || serde_json::from_str(&json).unwrap_or_else(|_| Value::String(json.clone()));
                let mut reader = Reader { want: self.want, walk: self.walk };
                reader.number(json.parse().ok().or_else(|| whole(number)), number, || json.clone(), parsed);
            }
            Handling::Breakdown(spent) => self.say(|facts| facts.end_entry(spent)),
            _ => {}
        }
    }

    fn say(&mut self, say: impl FnOnce(&mut Facts)) {
        if let Some(facts) = &mut self.walk.facts {
            say(facts);
        }
    }

    /// Content is built when all of it is there.
    #[inline]
    fn finish(self) {
        match self.handling {
            Handling::Content(at) => self.close(at),
            Handling::TooDeep => Reader { want: self.want, walk: self.walk }.build("…[nested too deeply]".into()),
            _ => {}
        }
    }

    fn close(self, at: usize) {
        let open = &mut self.walk.built().open;
        open.truncate(at + 1);
        let Some(Building { mut value, variant, left_out }) = open.pop() else { return };
        match &mut value {
            Value::Array(entries) if left_out > 0 => entries.push(format!("…[{left_out} entries left out]").into()),
            Value::Object(members) if left_out > 0 => {
                members.insert("…".to_owned(), format!("[{left_out} members left out]").into());
            }
            _ => {}
        }
        let value = match variant {
            Some(variant) => Map::from_iter([(variant.to_owned(), value)]).into(),
            None => value,
        };
        Reader { want: self.want, walk: self.walk }.build(value);
    }
}

/// The float as a count, if it is one.
#[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}

macro_rules! integers {
    ($($method:ident($ty:ty);)*) => {$(
        fn $method(mut self, value: $ty) -> Done {
            self.number(i64::try_from(value).ok(), float(&value), || value.to_string(), || value.into());
            Ok(())
        }
    )*};
}

fn float(value: &impl Number) -> f64 {
    value.number().unwrap_or(f64::NAN)
}

impl<'a, 'f> Serializer for Reader<'a, 'f> {
    type Ok = ();
    type Error = Unreadable;
    type SerializeSeq = Inner<'a, 'f>;
    type SerializeTuple = Inner<'a, 'f>;
    type SerializeTupleStruct = Inner<'a, 'f>;
    type SerializeTupleVariant = Inner<'a, 'f>;
    type SerializeMap = Inner<'a, 'f>;
    type SerializeStruct = Inner<'a, 'f>;
    type SerializeStructVariant = Inner<'a, 'f>;

    integers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    fn serialize_i128(mut self, value: i128) -> Done {
        self.number(value.try_into().ok(), float(&value), || value.to_string(), || value.to_string().into());
        Ok(())
    }

    fn serialize_u128(mut self, value: u128) -> Done {
        self.number(value.try_into().ok(), float(&value), || value.to_string(), || value.to_string().into());
        Ok(())
    }

    fn serialize_bool(mut self, value: bool) -> Done {
        self.boolean(value);
        Ok(())
    }

    fn serialize_f32(mut self, value: f32) -> Done {
        // The shortest decimal: 0.7, not 0.699999988.
        let value = float(&value);
        self.number(whole(value), value, || value.to_string(), || value.into());
        Ok(())
    }

    fn serialize_f64(mut self, value: f64) -> Done {
        self.number(whole(value), value, || value.to_string(), || value.into());
        Ok(())
    }

    fn serialize_char(mut self, value: char) -> Done {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(mut self, value: &str) -> Done {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(mut self, value: &[u8]) -> Done {
        match self.want {
            Want::Content(_) | Want::Inside => self.build(format!("…[{} bytes left out]", value.len()).into()),
            _ => self.any(),
        }
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(mut self, value: &T) -> Done {
        match self.want {
            // What it says is not asked.
            Want::Sign(_) | Want::CallsTool | Want::Tool => self.any(),
            _ => self.text(&value.to_string()),
        }
        Ok(())
    }

    fn serialize_none(mut self) -> Done {
        self.null();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.pass(value)
    }

    fn serialize_unit(mut self) -> Done {
        self.null();
        Ok(())
    }

    fn serialize_unit_struct(mut self, _: &'static str) -> Done {
        self.null();
        Ok(())
    }

    fn serialize_unit_variant(mut self, _: &'static str, _: u32, variant: &'static str) -> Done {
        match self.want {
            Want::Members(members) => {
                for want in members.of(Name::of(variant)).map(Want::each).unwrap_or_default() {
                    self.for_want(want).any();
                }
            }
            _ => self.text(variant),
        }
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        self.pass(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, variant: &'static str, value: &T) -> Done {
        if let Want::Variant(_) = self.want {
            return self.pass(value);
        }
        let mut object = self.object("");
        object.member(Name::of(variant), value)?;
        object.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inner<'a, 'f>, Unreadable> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<Inner<'a, 'f>, Unreadable> {
        Ok(self.list())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inner<'a, 'f>, Unreadable> {
        Ok(self.list())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inner<'a, 'f>, Unreadable> {
        Ok(self.inside_variant(variant, Reader::list))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inner<'a, 'f>, Unreadable> {
        Ok(self.object(""))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Inner<'a, 'f>, Unreadable> {
        Ok(self.object(name))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inner<'a, 'f>, Unreadable> {
        Ok(self.inside_variant(variant, |reader| reader.object("")))
    }
}

macro_rules! lists {
    ($($trait:ident::$method:ident;)*) => {$(
        impl $trait for Inner<'_, '_> {
            type Ok = ();
            type Error = Unreadable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
                self.entry(value)
            }

            #[inline]
            fn end(self) -> Done {
                self.finish();
                Ok(())
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! structs {
    ($($trait:ident)*) => {$(
        impl $trait for Inner<'_, '_> {
            type Ok = ();
            type Error = Unreadable;

            // Inlined, so that the compiler knows the name: what nobody wants costs a comparison with a constant.
            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
                let name = Name::of(name);
                if self.names.may_have(name) { self.member(name, value) } else { Ok(()) }
            }

            #[inline]
            fn end(self) -> Done {
                self.finish();
                Ok(())
            }
        }
    )*};
}

structs!(SerializeStruct SerializeStructVariant);

impl SerializeMap for Inner<'_, '_> {
    type Ok = ();
    type Error = Unreadable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Done {
        self.walk.name.clear();
        match self.handling {
            Handling::Members(_) | Handling::Under(_) | Handling::Names | Handling::Content(_) => self.read(&Want::Name, name),
            _ => Ok(()),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        let name = std::mem::take(&mut self.walk.name);
        let done = self.member(Name::of(&name), value);
        self.walk.name = name;
        done
    }

    fn end(self) -> Done {
        self.finish();
        Ok(())
    }
}
