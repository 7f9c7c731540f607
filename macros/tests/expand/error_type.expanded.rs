#[automatically_derived]
impl<T: Display> ::samplescope::ErrorType for ToolError<T> {
    fn error_type(&self) -> ::samplescope::__private::Cow<'_, str> {
        match self {
            Self::Timeout { .. } => {
                ::samplescope::__private::Cow::Borrowed("ToolError::Timeout")
            }
            Self::Http { .. } => ::samplescope::__private::Cow::Borrowed("http"),
            Self::Inner { 0: __source } => {
                ::samplescope::__private::Source::of(__source).__ss_error_type()
            }
            Self::Io { source: __source } => {
                ::samplescope::__private::Source::of(__source).__ss_error_type()
            }
        }
    }
}
#[automatically_derived]
impl crate::telemetry::ErrorType for Refused {
    fn error_type(&self) -> crate::telemetry::__private::Cow<'_, str> {
        crate::telemetry::__private::Cow::Borrowed("Refused")
    }
}
#[automatically_derived]
impl ::samplescope::ErrorType for Wrapped {
    fn error_type(&self) -> ::samplescope::__private::Cow<'_, str> {
        ::samplescope::__private::Source::of(&self.source).__ss_error_type()
    }
}
#[automatically_derived]
impl ::samplescope::ErrorType for Never {
    fn error_type(&self) -> ::samplescope::__private::Cow<'_, str> {
        match *self {}
    }
}
