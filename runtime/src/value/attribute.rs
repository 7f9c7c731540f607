//! What users may pass as an argument, and the attribute value it becomes.
//!
//! Strings and attribute values are anything that serialises to one: a `&str`, a `String`, an `Arc<str>`, an enum with serde's
//! `Serialize`, an `Option` or a reference of these. Numbers have traits of their own, so that a string in their place does not compile.
//!
//! Each trait is sealed by a second one that has the method: nobody outside can name it, and a user who imports the first imports no method.

use opentelemetry::{Array, StringValue, Value};
use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize,
};
use std::sync::Arc;

/// A string, or what serialises to one. `None`: there is none, and the attribute is left out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a string",
    label = "expected a string",
    note = "strings are `&str`, `String`, `Cow<str>`, `Box<str>`, `Arc<str>`, what serialises to a string, and `Option`s and references of these"
)]
pub trait Text: SealedText {}

/// The string behind a [`Text`].
pub trait SealedText {
    fn text(&self) -> Option<StringValue> {
        self.text_as(shared)
    }

    /// The string, as the function makes it of what is there.
    fn text_as(&self, string: fn(&str) -> StringValue) -> Option<StringValue>;
}

impl<T: Serialize + ?Sized> Text for T {}

impl<T: Serialize + ?Sized> SealedText for T {
    fn text_as(&self, string: fn(&str) -> StringValue) -> Option<StringValue> {
        match value_of(self, string)? {
            Value::String(text) => Some(text),
            other => word(&other),
        }
    }
}

/// A string, integer, float, bool, or a list of one of these. `None`: there is none, and the attribute is left out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an attribute value",
    label = "expected a string, an integer, a float, a bool, or a list of these",
    note = "an `Option` or a reference of one is fine, and so is what serialises to one"
)]
pub trait AttributeValue: SealedAttribute {}

/// The value behind an [`AttributeValue`].
pub trait SealedAttribute {
    fn attribute(&self) -> Option<Value>;
}

impl<T: Serialize + ?Sized> AttributeValue for T {}

impl<T: Serialize + ?Sized> SealedAttribute for T {
    fn attribute(&self) -> Option<Value> {
        value_of(self, shared)
    }
}

fn value_of(given: &(impl Serialize + ?Sized), string: fn(&str) -> StringValue) -> Option<Value> {
    match given.serialize(ToValue { string }) {
        Ok(value) => value,
        Err(what) => {
            warn(&what);
            None
        }
    }
}

// What is rare, and no type's own, is compiled here, and not once more for each.

/// Of what is no string.
#[cold]
fn word(value: &Value) -> Option<StringValue> {
    match value {
        Value::Array(_) => None,
        // An id that is a number is still an id.
        number => Some(number.to_string().into()),
    }
}

#[cold]
fn warn(what: &NotAValue) {
    crate::warning::once!("an argument was left out: {what} is no attribute value");
}

/// An integer of any width. What an `i64` cannot hold becomes its largest or smallest value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an integer",
    label = "expected an integer",
    note = "integers of any width are fine, and `Option`s and references of these"
)]
pub trait Integer: SealedInteger {}

/// The number behind an [`Integer`].
pub trait SealedInteger {
    fn integer(&self) -> Option<i64>;
}

/// A float or an integer. An `f32` goes through its shortest decimal: 0.7, not 0.699999988.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number",
    label = "expected a float or an integer",
    note = "floats and integers of any width are fine, and `Option`s and references of these"
)]
pub trait Number: SealedNumber {}

/// The number behind a [`Number`].
pub trait SealedNumber {
    fn number(&self) -> Option<f64>;
}

/// A bool. `None` is false.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a bool",
    label = "expected a bool",
    note = "a `bool` is fine, and an `Option` or a reference of one; `failed` takes an `Option` of anything with a `Display`, too, which says why"
)]
pub trait Flag: SealedFlag {}

/// The bool behind a [`Flag`].
pub trait SealedFlag {
    fn flag(&self) -> bool;
}

impl Flag for bool {}

impl SealedFlag for bool {
    fn flag(&self) -> bool {
        *self
    }
}

impl<T: Flag + ?Sized> Flag for &T {}

impl<T: Flag + ?Sized> SealedFlag for &T {
    fn flag(&self) -> bool {
        (**self).flag()
    }
}

impl<T: Flag> Flag for Option<T> {}

impl<T: Flag> SealedFlag for Option<T> {
    fn flag(&self) -> bool {
        self.as_ref().is_some_and(SealedFlag::flag)
    }
}

macro_rules! through_pointers {
    ($($trait:ident($sealed:ident :: $method:ident -> $out:ty);)*) => {$(
        impl<T: $trait + ?Sized> $trait for &T {}
        impl<T: $trait + ?Sized> $trait for &mut T {}
        impl<T: $trait> $trait for Option<T> {}

        impl<T: $trait + ?Sized> $sealed for &T {
            fn $method(&self) -> Option<$out> {
                (**self).$method()
            }
        }
        impl<T: $trait + ?Sized> $sealed for &mut T {
            fn $method(&self) -> Option<$out> {
                (**self).$method()
            }
        }
        impl<T: $trait> $sealed for Option<T> {
            fn $method(&self) -> Option<$out> {
                self.as_ref().and_then($sealed::$method)
            }
        }
    )*};
}

through_pointers! {
    Integer(SealedInteger::integer -> i64);
    Number(SealedNumber::number -> f64);
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl Integer for $ty {}
        impl Number for $ty {}

        impl SealedInteger for $ty {
            fn integer(&self) -> Option<i64> {
                Some(saturated(*self))
            }
        }
        impl SealedNumber for $ty {
            #[expect(clippy::allow_attributes, reason = "the next line applies to the wide types only")]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "an attribute is an f64 or nothing")]
            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! non_zero {
    ($($ty:ty)*) => {$(
        impl Integer for $ty {}
        impl Number for $ty {}

        impl SealedInteger for $ty {
            fn integer(&self) -> Option<i64> {
                self.get().integer()
            }
        }
        impl SealedNumber for $ty {
            fn number(&self) -> Option<f64> {
                self.get().number()
            }
        }
    )*};
}

non_zero!(NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroIsize NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroUsize);

impl Number for f64 {}
impl Number for f32 {}

impl SealedNumber for f64 {
    fn number(&self) -> Option<f64> {
        Some(*self)
    }
}

impl SealedNumber for f32 {
    fn number(&self) -> Option<f64> {
        Some(shortest(*self))
    }
}

/// OpenTelemetry has `i64` only.
fn saturated<T: Copy + PartialOrd + Default + TryInto<i64>>(value: T) -> i64 {
    let limit = if value < T::default() { i64::MIN } else { i64::MAX };
    value.try_into().unwrap_or(limit)
}

/// What a person would write for the float: `0.7f32 as f64` is 0.699999988079071.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// Shared, since a loop's strings are its steps' strings too.
fn shared(text: &str) -> StringValue {
    Arc::<str>::from(text).into()
}

/// Says what it was given, if that is no attribute value.
#[derive(Debug)]
struct NotAValue(Cow<'static, str>);

impl fmt::Display for NotAValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAValue {}

impl ser::Error for NotAValue {
    fn custom<T: fmt::Display>(_: T) -> Self {
        // The message may hold what the value holds, and this ends up in a log.
        NotAValue("what does not serialise".into())
    }
}

/// Serialises to an attribute value: `Ok(None)` for nothing, an error for a structure.
#[derive(Clone, Copy)]
struct ToValue {
    string: fn(&str) -> StringValue,
}

type Answer = Result<Option<Value>, NotAValue>;

macro_rules! scalars {
    ($($method:ident($ty:ty) => $value:expr;)*) => {$(
        fn $method(self, value: $ty) -> Answer {
            let convert: fn($ty) -> Value = $value;
            Ok(Some(convert(value)))
        }
    )*};
}

impl Serializer for ToValue {
    type Ok = Option<Value>;
    type Error = NotAValue;
    type SerializeSeq = ToList;
    type SerializeTuple = ToList;
    type SerializeTupleStruct = Impossible<Option<Value>, NotAValue>;
    type SerializeTupleVariant = Impossible<Option<Value>, NotAValue>;
    type SerializeMap = Impossible<Option<Value>, NotAValue>;
    type SerializeStruct = JsonNumber;
    type SerializeStructVariant = Impossible<Option<Value>, NotAValue>;

    scalars! {
        serialize_bool(bool) => Value::Bool;
        serialize_i8(i8) => |value| Value::I64(value.into());
        serialize_i16(i16) => |value| Value::I64(value.into());
        serialize_i32(i32) => |value| Value::I64(value.into());
        serialize_i64(i64) => Value::I64;
        serialize_i128(i128) => |value| Value::I64(saturated(value));
        serialize_u8(u8) => |value| Value::I64(value.into());
        serialize_u16(u16) => |value| Value::I64(value.into());
        serialize_u32(u32) => |value| Value::I64(value.into());
        serialize_u64(u64) => |value| Value::I64(saturated(value));
        serialize_u128(u128) => |value| Value::I64(saturated(value));
        serialize_f32(f32) => |value| Value::F64(shortest(value));
        serialize_f64(f64) => Value::F64;
    }

    fn serialize_char(self, value: char) -> Answer {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Answer {
        Ok(Some(Value::String((self.string)(value))))
    }

    fn serialize_bytes(self, _: &[u8]) -> Answer {
        Err(NotAValue("a byte string".into()))
    }

    fn serialize_none(self) -> Answer {
        Ok(None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Answer {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Answer {
        Ok(None)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Answer {
        Ok(Some(name.into()))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Answer {
        Ok(Some(variant.into()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Answer {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, name: &'static str, _: u32, _: &'static str, _: &T) -> Answer {
        Err(NotAValue(name.into()))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<ToList, NotAValue> {
        // How many there will be is only what it says.
        Ok(ToList(Vec::with_capacity(length.unwrap_or(0).min(16))))
    }

    fn serialize_tuple(self, length: usize) -> Result<ToList, NotAValue> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, NotAValue> {
        Err(NotAValue(name.into()))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NotAValue> {
        Err(NotAValue(name.into()))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NotAValue> {
        Err(NotAValue("a map".into()))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeStruct, NotAValue> {
        if name == JsonNumber::NAME { Ok(JsonNumber(None)) } else { Err(NotAValue(name.into())) }
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NotAValue> {
        Err(NotAValue(name.into()))
    }
}

/// A number of `serde_json`'s, where anybody has turned `arbitrary_precision` on: a struct of this name, whose one field has its digits.
struct JsonNumber(Option<Value>);

impl JsonNumber {
    const NAME: &str = "$serde_json::private::Number";

    fn of(digits: &str) -> Option<Value> {
        let integer = || Some(Value::I64(saturated(digits.parse::<i128>().ok()?)));
        integer().or_else(|| Some(Value::F64(digits.parse().ok()?)))
    }
}

impl SerializeStruct for JsonNumber {
    type Ok = Option<Value>;
    type Error = NotAValue;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, digits: &T) -> Result<(), NotAValue> {
        if let Some(Value::String(digits)) = digits.serialize(ToValue { string: shared })? {
            self.0 = JsonNumber::of(digits.as_str());
        }
        Ok(())
    }

    fn end(self) -> Answer {
        Ok(self.0)
    }
}

/// The elements of a list; what is `None` in it is left out.
struct ToList(Vec<Value>);

impl ToList {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAValue> {
        self.0.extend(value.serialize(ToValue { string: shared })?);
        Ok(())
    }

    /// A list has one type. Which one an empty list would have had cannot be known, and does not matter.
    fn finish(self) -> Answer {
        let mixed = || NotAValue("a list of several types".into());
        let array = match self.0.first() {
            Some(Value::Bool(_)) => {
                all(&self.0, |value| if let Value::Bool(one) = value { Some(*one) } else { None }).map(Array::Bool)
            }
            Some(Value::I64(_)) => {
                all(&self.0, |value| if let Value::I64(one) = value { Some(*one) } else { None }).map(Array::I64)
            }
            Some(Value::F64(_)) => {
                all(&self.0, |value| if let Value::F64(one) = value { Some(*one) } else { None }).map(Array::F64)
            }
            None | Some(Value::String(_)) => {
                all(&self.0, |value| if let Value::String(one) = value { Some(one.clone()) } else { None }).map(Array::String)
            }
            Some(_) => None,
        };
        array.map(|array| Some(Value::Array(array))).ok_or_else(mixed)
    }
}

fn all<T>(values: &[Value], one: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    values.iter().map(one).collect()
}

impl SerializeSeq for ToList {
    type Ok = Option<Value>;
    type Error = NotAValue;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAValue> {
        self.push(value)
    }

    fn end(self) -> Answer {
        self.finish()
    }
}

impl SerializeTuple for ToList {
    type Ok = Option<Value>;
    type Error = NotAValue;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAValue> {
        self.push(value)
    }

    fn end(self) -> Answer {
        self.finish()
    }
}
