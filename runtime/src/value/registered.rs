//! A value for an attribute whose type the OpenTelemetry registry knows.
//!
//! Anything that serialises may turn out to be a string, so `Text` alone lets a number through. Here too a chain of `Deref`s decides:
//! what certainly is no string finds a method that its type can never satisfy, and the error says why; everything else falls through.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::value::{AttributeValue, Flag, Integer, Number, SealedAttribute, Text};
use opentelemetry::Value;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize,
};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::sync::Arc;

/// A value, and where it goes.
pub struct Registered<V, S>(AnyRegistered<V, S>);

/// A value that may be what it should be.
pub struct AnyRegistered<V, S> {
    /// None if nobody listens.
    value: Option<V>,
    sink: S,
}

/// Where an attribute goes: to a span that starts, or to one that ends.
pub trait Sink {
    #[doc(hidden)]
    fn put(&mut self, key: &'static str, value: Value);
}

impl<V, S> Registered<V, S> {
    pub(crate) fn new(value: Option<V>, sink: S) -> Self {
        Registered(AnyRegistered { value, sink })
    }
}

impl<V, S> Deref for Registered<V, S> {
    type Target = AnyRegistered<V, S>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V, S> DerefMut for Registered<V, S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// `string` in the registry.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a string, and the OpenTelemetry registry says that this attribute is a string",
    label = "expected a string",
    note = "an `Option` or a reference of one is fine",
    note = "whoever knows better writes `unchecked(\"key\" = …)` beside `attributes(…)`"
)]
pub trait RegisteredText: Text {}

#[diagnostic::do_not_recommend]
impl<T: Text + ?Sized> RegisteredText for T {}

/// `int` in the registry.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an integer, and the OpenTelemetry registry says that this attribute is an integer",
    label = "expected an integer",
    note = "an `Option` or a reference of one is fine",
    note = "whoever knows better writes `unchecked(\"key\" = …)` beside `attributes(…)`"
)]
pub trait RegisteredInteger: Integer {}

#[diagnostic::do_not_recommend]
impl<T: Integer + ?Sized> RegisteredInteger for T {}

/// `double` in the registry.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number, and the OpenTelemetry registry says that this attribute is a number",
    label = "expected a number",
    note = "an `Option` or a reference of one is fine",
    note = "whoever knows better writes `unchecked(\"key\" = …)` beside `attributes(…)`"
)]
pub trait RegisteredNumber: Number {}

#[diagnostic::do_not_recommend]
impl<T: Number + ?Sized> RegisteredNumber for T {}

/// `boolean` in the registry.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a bool, and the OpenTelemetry registry says that this attribute is a bool",
    label = "expected a bool",
    note = "an `Option` or a reference of one is fine",
    note = "whoever knows better writes `unchecked(\"key\" = …)` beside `attributes(…)`"
)]
pub trait RegisteredFlag: Flag + AttributeValue {}

#[diagnostic::do_not_recommend]
impl<T: Flag + AttributeValue + ?Sized> RegisteredFlag for T {}

/// `string[]` in the registry.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of strings, and the OpenTelemetry registry says that this attribute is a list of strings",
    label = "expected a list of strings",
    note = "an `Option` or a reference of one is fine",
    note = "whoever knows better writes `unchecked(\"key\" = …)` beside `attributes(…)`"
)]
pub trait RegisteredTexts: AttributeValue {}

#[diagnostic::do_not_recommend]
impl<T: AttributeValue + ?Sized> RegisteredTexts for T {}

/// Nothing has it: [`NotText`] types are asked for it, so that rustc says why they will not do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a string, and the OpenTelemetry registry says that this attribute is a string",
    label = "expected a string",
    note = "an `Option` or a reference of one is fine",
    note = "whoever knows better writes `unchecked(\"key\" = …)` beside `attributes(…)`"
)]
pub trait NeverText {}

/// Nothing has it: [`NotTexts`] types are asked for it, so that rustc says why they will not do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of strings, and the OpenTelemetry registry says that this attribute is a list of strings",
    label = "expected a list of strings",
    note = "an `Option` or a reference of one is fine",
    note = "whoever knows better writes `unchecked(\"key\" = …)` beside `attributes(…)`"
)]
pub trait NeverTexts {}

/// What certainly is no string.
pub trait NotText {}

/// What certainly is no list of strings.
pub trait NotTexts {}

macro_rules! not {
    ($($what:ident: $($ty:ty)*;)*) => {$($(
        impl $what for $ty {}
    )*)*};
}

not! {
    NotText: bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    NotText: NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroIsize NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroUsize;
    NotTexts: bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    NotTexts: NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroIsize NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroUsize;
    NotTexts: str String Cow<'_, str> Box<str> Arc<str> Rc<str>;
}

macro_rules! through {
    ($($what:ident)*) => {$(
        impl<T: $what + ?Sized> $what for &T {}
        impl<T: $what + ?Sized> $what for &mut T {}
        impl<T: $what> $what for Option<T> {}
    )*};
}

through!(NotText NotTexts);

macro_rules! lists {
    ($($list:ty)*) => {$(
        impl<T> NotText for $list {}
        impl<T: NotText> NotTexts for $list {}
    )*};
}

lists!([T] Vec<T> VecDeque<T> BTreeSet<T>);

impl<T, const N: usize> NotText for [T; N] {}
impl<T: NotText, const N: usize> NotTexts for [T; N] {}
impl<T, S> NotText for HashSet<T, S> {}
impl<T: NotText, S> NotTexts for HashSet<T, S> {}

impl<V: NotText, S> Registered<V, S> {
    /// Never compiles.
    #[expect(clippy::unused_self, reason = "called like the method that it stands before")]
    pub fn __ss_text(&mut self, _: &'static str)
    where
        V: NeverText,
    {
    }
}

impl<V: NotTexts, S> Registered<V, S> {
    /// Never compiles.
    #[expect(clippy::unused_self, reason = "called like the method that it stands before")]
    pub fn __ss_texts(&mut self, _: &'static str)
    where
        V: NeverTexts,
    {
    }
}

impl<V, S: Sink> AnyRegistered<V, S> {
    /// A string.
    pub fn __ss_text(&mut self, key: &'static str)
    where
        V: RegisteredText,
    {
        self.put(key, |value| value.text().map(Value::String));
    }

    /// A list of strings.
    pub fn __ss_texts(&mut self, key: &'static str)
    where
        V: RegisteredTexts,
    {
        self.put(key, SealedAttribute::attribute);
    }

    /// An integer.
    pub fn __ss_integer(&mut self, key: &'static str)
    where
        V: RegisteredInteger,
    {
        self.put(key, |value| value.integer().map(Value::I64));
    }

    /// A number.
    pub fn __ss_number(&mut self, key: &'static str)
    where
        V: RegisteredNumber,
    {
        self.put(key, |value| value.number().map(Value::F64));
    }

    /// A bool.
    pub fn __ss_flag(&mut self, key: &'static str)
    where
        V: RegisteredFlag,
    {
        // As a flag, `None` is false; as an attribute, it is none.
        self.put(key, SealedAttribute::attribute);
    }

    fn put(&mut self, key: &'static str, convert: impl FnOnce(&V) -> Option<Value>) {
        if let Some(value) = self.value.as_ref().and_then(convert) {
            self.sink.put(key, value);
        }
    }
}
