//! One walk over a value: a `Serializer` that goes where something is wanted and nowhere else. `serialize_field` gives a member before it is
//! serialised, so that what nobody wants costs the comparison of its name, however large it is.
//!
//! There is one type of serializer, since a user's types are compiled once for each.

use crate::read::facts::{Choice, Facts, Sign, Signs, Text, shared, word};
use crate::read::want::{MODALITY, Members, Names, Want};
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
pub(crate) struct Lent<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Readable + ?Sized> Readable for Lent<'_, T> {
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

/// How many answers a response may have.
const CHOICES: usize = 1_000;

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
    Ok(walk.names)
}

/// What is kept while a value is gone over.
pub(crate) struct Walk<'f> {
    signs: Signs,
    facts: Option<&'f mut Facts>,
    names: Vec<String>,
    /// The member of the value that is read in its place.
    under: Option<&'static str>,
    /// The content that was serialised last.
    built: Value,
    /// The name that was serialised last.
    name: String,
    values_left: usize,
}

impl<'f> Walk<'f> {
    fn new(under: Option<&'static str>, facts: Option<&'f mut Facts>) -> Self {
        Walk {
            signs: Signs::default(),
            facts,
            names: Vec::new(),
            under,
            built: Value::Null,
            name: String::new(),
            values_left: VALUES,
        }
    }

    fn over(&mut self, given: &dyn Readable, want: &'static Want) -> Done {
        given.walk(Reader { want, walk: self, depth: DEPTH, is_whole: true })
    }

    fn is_wanted(&self, want: &Want) -> bool {
        let Some(Facts { wants, .. }) = self.facts.as_deref() else { return true };
        match want {
            Want::Content(_) => wants.content,
            Want::Number(_)
            | Want::StopSequence
            | Want::Tools
            | Want::Tool
            | Want::Text(Text::Id | Text::PreviousResponse | Text::ReasoningLevel) => wants.recorded,
            Want::Count(count) => wants.recorded || count.is_of_tokens(),
            _ => true,
        }
    }
}

/// Reads one value, for one thing that is wanted of it.
#[expect(missing_debug_implementations, reason = "only a `Serialize` is given one")]
pub struct Reader<'a, 'f> {
    want: &'static Want,
    walk: &'a mut Walk<'f>,
    /// How many values more may stand inside of this one.
    depth: u8,
    /// It is the value that was given, and not a part of it.
    is_whole: bool,
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
    fn pass<T: Serialize + ?Sized>(self, want: &'static Want, value: &T) -> Done {
        match self.depth.checked_sub(1) {
            Some(depth) => value.serialize(Reader { want, depth, ..self }),
            None => Ok(()),
        }
    }

    fn null(&mut self) {
        match self.want {
            Want::Content(_) | Want::Inside => self.build(Value::Null),
            _ if self.is_whole => self.see(Sign::Null),
            _ => {}
        }
    }

    fn build(&mut self, value: Value) {
        self.walk.values_left = self.walk.values_left.saturating_sub(1);
        match self.want {
            Want::Content(place) => self.say(|facts| *facts.place(*place) = value),
            _ => self.walk.built = value,
        }
    }

    fn boolean(&mut self, value: bool) {
        match self.want {
            Want::Content(_) | Want::Inside => self.build(value.into()),
            Want::True(sign) if value => self.see(*sign),
            _ => self.any(),
        }
    }

    /// What every value is that is not null.
    fn any(&mut self) {
        match self.want {
            Want::Sign(sign) | Want::Filled(sign) | Want::Key(sign) => self.see(*sign),
            Want::CallsTool => self.say(|facts| facts.choice().calls_tool = true),
            Want::FailedAs(kind) => {
                self.see(Sign::Failed);
                self.say(|facts| facts.say_text(Text::ErrorType, kind));
            }
            Want::Tool => self.say(|facts| *facts.tools.get_or_insert(0) += 1),
            _ => {}
        }
    }

    /// `None` is no count that could be one.
    fn number(&mut self, count: Option<i64>, float: f64, as_text: impl FnOnce() -> String, as_json: impl FnOnce() -> Value) {
        match self.want {
            Want::Only(want) | Want::Each(want) | Want::Variant(want) => {
                Reader { want, walk: self.walk, depth: self.depth, is_whole: false }.number(count, float, as_text, as_json);
            }
            Want::Content(_) | Want::Inside => self.build(as_json()),
            Want::Count(place) => self.say(|facts| facts.say_count(*place, count)),
            Want::Tokens(spent, modality) => self.say(|facts| facts.say_modality(*spent, *modality, count)),
            Want::Number(place) => self.say(|facts| facts.say_number(*place, float)),
            Want::ChoiceIndex => self.say(|facts| facts.choice().index = count.and_then(|index| index.try_into().ok())),
            // An id that is a number is still an id, and a status most often is one.
            Want::Text(place) => self.say(|facts| facts.say_text(*place, &as_text())),
            Want::Name => self.walk.name = as_text(),
            _ => self.any(),
        }
    }

    fn text(&mut self, text: &str) {
        match self.want {
            Want::Only(want) | Want::Each(want) | Want::Variant(want) => {
                Reader { want, walk: self.walk, depth: self.depth, is_whole: false }.text(text);
            }
            Want::Content(_) | Want::Inside => self.build(text.into()),
            Want::Text(place) => self.say(|facts| facts.say_text(*place, text)),
            // A word, or it would not be one.
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
            Want::Filled(_) if text.is_empty() => {}
            Want::Name => {
                self.walk.name.clear();
                self.walk.name.push_str(text);
            }
            _ => self.any(),
        }
    }

    fn list(mut self) -> Inner<'a, 'f> {
        let kind = match self.want {
            Want::Each(want) => Kind::Each(want),
            Want::Choices(want) => Kind::Choices(want),
            Want::Breakdown(spent) => Kind::Breakdown(*spent),
            Want::Tools => {
                self.say(|facts| *facts.tools.get_or_insert(0) += 0);
                Kind::Tools
            }
            // Empty or not: the first entry tells.
            Want::Filled(_) | Want::CallsTool => Kind::Filled(self.want),
            Want::Content(_) | Want::Inside => self.list_of_content(),
            _ => {
                self.any();
                Kind::Skipped
            }
        };
        self.inner(kind)
    }

    fn list_of_content(&mut self) -> Kind {
        if self.depth == 0 {
            return Kind::TooDeep;
        }
        Kind::List(Box::default())
    }

    fn object(mut self, name: &'static str) -> Inner<'a, 'f> {
        let kind = match self.want {
            Want::Members(members) => Kind::Members(members),
            Want::Each(want) | Want::Variant(want) => return Reader { want, ..self }.object(name),
            Want::Only(want) => Kind::Each(want),
            Want::Names => Kind::Names,
            _ if JSON_TEXTS.contains(&name) => Kind::Json,
            Want::Content(_) | Want::Inside if self.depth == 0 => Kind::TooDeep,
            Want::Content(_) | Want::Inside => Kind::Object(Box::default()),
            _ => {
                self.any();
                Kind::Skipped
            }
        };
        self.inner(kind)
    }

    fn inner(self, kind: Kind) -> Inner<'a, 'f> {
        let names = match &kind {
            // The one that is read in its place is looked for, too.
            Kind::Members(members) if self.walk.under.is_none() || !self.is_whole => members.names(),
            Kind::Skipped => Names::NONE,
            _ => Names::ALL,
        };
        Inner { want: self.want, walk: self.walk, depth: self.depth, is_whole: self.is_whole, names, kind }
    }

    /// The inside of an enum's variant, which is a member of that name to everybody who does not ask for variants.
    fn inside_variant(mut self, variant: &'static str, open: impl FnOnce(Self) -> Inner<'a, 'f>) -> Inner<'a, 'f> {
        let want = match self.want {
            Want::Content(_) | Want::Inside => {
                let mut inner = open(self);
                match &mut inner.kind {
                    Kind::List(list) => list.variant = Some(variant),
                    Kind::Object(object) => object.variant = Some(variant),
                    _ => {}
                }
                return inner;
            }
            Want::Members(members) => members.of(variant).next(),
            Want::Variant(want) | Want::Only(want) => Some(*want),
            _ => {
                self.any();
                None
            }
        };
        match want {
            Some(want) => open(Reader { want, is_whole: false, ..self }),
            None => self.inner(Kind::Skipped),
        }
    }
}

/// The inside of a list or an object.
#[expect(missing_debug_implementations, reason = "only a `Serialize` is given one")]
pub struct Inner<'a, 'f> {
    want: &'static Want,
    walk: &'a mut Walk<'f>,
    depth: u8,
    is_whole: bool,
    /// Which members are worth a look.
    names: Names,
    kind: Kind,
}

enum Kind {
    Skipped,
    Each(&'static Want),
    Choices(&'static Want),
    Breakdown(Spent),
    Tools,
    /// Whether there is anything in it.
    Filled(&'static Want),
    Members(&'static Members),
    Names,
    /// Content.
    List(Box<List>),
    Object(Box<Object>),
    /// The one member is a JSON text.
    Json,
    TooDeep,
}

#[derive(Default)]
struct List {
    /// The enum's variant that it is the content of.
    variant: Option<&'static str>,
    entries: Vec<Value>,
    left_out: usize,
}

#[derive(Default)]
struct Object {
    /// Likewise.
    variant: Option<&'static str>,
    members: Map<String, Value>,
    name: String,
    left_out: usize,
}

impl Inner<'_, '_> {
    fn read<T: Serialize + ?Sized>(&mut self, want: &'static Want, value: &T) -> Done {
        match self.depth.checked_sub(1) {
            Some(depth) if self.walk.is_wanted(want) => value.serialize(Reader { want, walk: self.walk, depth, is_whole: false }),
            _ => Ok(()),
        }
    }

    fn content<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<Value, Unreadable> {
        self.walk.built = Value::Null;
        self.read(&Want::Inside, value)?;
        Ok(self.walk.built.take())
    }

    fn entry<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        match &mut self.kind {
            Kind::Each(want) => {
                let want = *want;
                self.read(want, value)
            }
            Kind::Choices(want) => {
                let want = *want;
                match &mut self.walk.facts {
                    Some(facts) if facts.choices.len() >= CHOICES => return Ok(()),
                    Some(facts) => facts.choices.push(Choice::default()),
                    None => {}
                }
                self.read(want, value)
            }
            Kind::Breakdown(spent) => {
                let spent = *spent;
                if let Some(facts) = &mut self.walk.facts {
                    facts.begin_entry();
                }
                self.read(&MODALITY, value)?;
                if let Some(facts) = &mut self.walk.facts {
                    facts.end_entry(spent);
                }
                Ok(())
            }
            Kind::Tools => {
                if let Some(facts) = &mut self.walk.facts {
                    *facts.tools.get_or_insert(0) += 1;
                }
                Ok(())
            }
            Kind::Filled(want) => {
                Reader { want, walk: self.walk, depth: 0, is_whole: false }.any();
                Ok(())
            }
            Kind::List(list) if self.walk.values_left == 0 => {
                list.left_out += 1;
                Ok(())
            }
            Kind::List(_) => {
                let built = self.content(value)?;
                if let Kind::List(list) = &mut self.kind {
                    list.entries.push(built);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A member of an object. `name` is None where it was serialised, and is found in the walk.
    fn member<T: Serialize + ?Sized>(&mut self, name: Option<&'static str>, value: &T) -> Done {
        match &mut self.kind {
            Kind::Members(_) if self.walk.facts.is_none() && self.walk.signs.decide() => Ok(()),
            Kind::Members(members) => {
                let members = *members;
                if let Some(name) = name {
                    return self.members(members, name, value);
                }
                let name = std::mem::take(&mut self.walk.name);
                let result = self.members(members, &name, value);
                self.walk.name = name;
                result
            }
            Kind::Each(want) => {
                let want = *want;
                self.read(want, value)
            }
            Kind::Names => {
                let name = name.unwrap_or(&self.walk.name);
                if self.walk.names.len() < NAMES {
                    self.walk.names.push(name.to_owned());
                }
                Ok(())
            }
            Kind::Object(object) if self.walk.values_left == 0 => {
                object.left_out += 1;
                Ok(())
            }
            Kind::Object(object) => {
                match name {
                    Some(name) => name.clone_into(&mut object.name),
                    None => std::mem::swap(&mut object.name, &mut self.walk.name),
                }
                let built = self.content(value)?;
                if let Kind::Object(object) = &mut self.kind {
                    object.members.insert(std::mem::take(&mut object.name), built);
                }
                Ok(())
            }
            Kind::Json => {
                let Value::String(json) = self.content(value)? else { return Ok(()) };
                let number = json.parse::<f64>().unwrap_or(f64::NAN);
                let parsed = || serde_json::from_str(&json).unwrap_or_else(|_| Value::String(json.clone()));
                let mut reader = Reader { want: self.want, walk: self.walk, depth: self.depth, is_whole: false };
                reader.number(json.parse().ok().or_else(|| whole(number)), number, || json.clone(), parsed);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn members<T: Serialize + ?Sized>(&mut self, members: &'static Members, name: &str, value: &T) -> Done {
        if self.is_whole {
            match self.walk.under {
                Some(under) if under == name => return self.read(self.want, value),
                Some(_) => return Ok(()),
                None => {}
            }
        }
        for want in members.of(name) {
            match want {
                Want::Key(sign) => self.walk.signs.see(*sign),
                want => self.read(want, value)?,
            }
        }
        Ok(())
    }

    fn finish(self) {
        let (variant, built) = match self.kind {
            Kind::List(mut list) => {
                if list.left_out > 0 {
                    list.entries.push(format!("…[{} entries left out]", list.left_out).into());
                }
                (list.variant, Value::Array(list.entries))
            }
            Kind::Object(mut object) => {
                if object.left_out > 0 {
                    object.members.insert("…".to_owned(), format!("[{} members left out]", object.left_out).into());
                }
                (object.variant, Value::Object(object.members))
            }
            Kind::TooDeep => (None, "…[nested too deeply]".into()),
            _ => return,
        };
        let built = match variant {
            Some(variant) => Map::from_iter([(variant.to_owned(), built)]).into(),
            None => built,
        };
        Reader { want: self.want, walk: self.walk, depth: self.depth, is_whole: false }.build(built);
    }
}

impl Kind {
    fn is_content(&self) -> bool {
        matches!(self, Kind::List(_) | Kind::Object(_) | Kind::TooDeep)
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
        let want = self.want;
        self.pass(want, value)
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
                for want in members.of(variant) {
                    Reader { want, walk: self.walk, depth: 0, is_whole: false }.any();
                }
            }
            _ => self.text(variant),
        }
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        let want = self.want;
        self.pass(want, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, variant: &'static str, value: &T) -> Done {
        if let Want::Variant(want) = self.want {
            return self.pass(want, value);
        }
        let mut object = self.object("");
        object.member(Some(variant), value)?;
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
                if self.kind.is_content() {
                    self.finish();
                }
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
                if self.names.may_have(name) { self.member(Some(name), value) } else { Ok(()) }
            }

            #[inline]
            fn end(self) -> Done {
                if self.kind.is_content() {
                    self.finish();
                }
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
        match self.kind {
            Kind::Members(_) | Kind::Names | Kind::Object(_) => self.read(&Want::Name, name),
            _ => Ok(()),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.member(None, value)
    }

    fn end(self) -> Done {
        self.finish();
        Ok(())
    }
}
