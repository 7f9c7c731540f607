fn embed(text: &str) -> Vec<f32> {
    let __span = ::samplescope::__private::sampling_step_as(
        ::samplescope::__private::StepOperation::with_purpose(
            ::samplescope::__private::StepOperation::EMBEDDINGS,
            "index",
        ),
        &::samplescope::__private::Site {
            function: "embed",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.__ss_model(&::samplescope::__private::Literal("small"));
        },
    );
    __span
        .__ss_call(move || {
            if false {
                return ::samplescope::__private::returns::<Vec<f32>>();
            }
            {
                vectors(text)
            }
        })
        .__ss_value(|__returned| {
            __returned.__ss_success().__ss_says();
            __returned.__ss_error().__ss_record();
            __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
        })
}
fn summarise() {
    let __span = ::samplescope::__private::sampling_step_as(
        ::samplescope::__private::StepOperation::with_purpose(
            ::samplescope::__private::StepOperation::CHAT,
            "compaction",
        ),
        &::samplescope::__private::Site {
            function: "summarise",
            attributes: 0,
            capture: true,
        },
        |_| (),
    );
    __span
        .__ss_call(move || {
            if false {
                return ::samplescope::__private::returns::<()>();
            }
            { }
        })
        .__ss_value(|__returned| {
            __returned.__ss_success().__ss_says();
            __returned.__ss_error().__ss_record();
            __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
        })
}
fn retrieve(question: &str) -> Vec<Document> {
    let __span = ::samplescope::__private::sampling_tool_as(
        ::samplescope::__private::ToolOperation::RETRIEVAL,
        &::samplescope::__private::Site {
            function: "retrieve",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.__ss_data_source_id(&::samplescope::__private::Literal("handbook"));
            if __span.__ss_is_capturing() {
                __span.__ss_query(&question);
            }
        },
    );
    __span
        .__ss_call(move || {
            if false {
                return ::samplescope::__private::returns::<Vec<Document>>();
            }
            {
                search(question)
            }
        })
        .__ss_value(|__returned| {
            __returned.__ss_success().__ss_documents(|found| found);
            __returned.__ss_success().__ss_outcome();
            __returned.__ss_error().__ss_record();
            __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
        })
}
