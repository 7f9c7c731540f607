//! What a call that is started by hand is described by: the arguments of the attributes, as methods.

use crate::call::description::Description;
use crate::read::walk::Readable;
use crate::value::{AsContext, AttributeValue, Flag, Integer, Number, Text, ToMessages, ToToolDefinitions};
use serde::Serialize;
use std::fmt;
use std::time::SystemTime;

/// A method an argument: its documentation, its name, and in parentheses who has to be listening, what it says, and what it takes.
macro_rules! described {
    ($(#[$of:meta])* $description:ident: $($(#[$doc:meta])* $name:ident($asked:ident, $said:ident, $($takes:tt)+);)*) => {
        $(#[$of])*
        pub struct $description<'a> {
            description: &'a mut Description,
            /// What was said, which a request does not say again.
            said: Vec<&'static str>,
        }

        impl<'a> $description<'a> {
            pub(super) fn of(description: &'a mut Description) -> Self {
                $description { description, said: Vec::new() }
            }

            $(
                $(#[$doc])*
                pub fn $name(&mut self, value: &(impl $($takes)+ + ?Sized)) {
                    if self.description.$asked() {
                        self.said.push(stringify!($name));
                        self.description.$said(value);
                    }
                }
            )*

            /// An attribute of your own, at the start. Its key is not checked against the registry, as the attribute macros check it.
            pub fn attribute(&mut self, key: &'static str, value: &(impl AttributeValue + ?Sized)) {
                if self.description.__ss_is_recording() {
                    self.description.__ss_attribute(key, value);
                }
            }

            /// The context that the call is opened in, instead of the current one: its span is the parent, and if it is in a loop, the call
            /// belongs to that loop. Said before anything else; later it is left out, with a warning.
            pub fn parent(&mut self, context: &(impl AsContext + ?Sized)) {
                self.description.__ss_parent(context);
            }

            /// Whether content may be captured, where the settings have it captured: it narrows, and never widens. Of a loop it is said for all that is
            /// inside, too. Where nobody says it, the settings decide alone.
            pub fn capture(&mut self, allowed: &(impl Flag + ?Sized)) {
                if self.description.__ss_asks_consent() {
                    self.description.__ss_capture(allowed);
                }
            }

            /// A link to the span that the context is in.
            pub fn link(&mut self, context: &(impl AsContext + ?Sized)) {
                self.description.__ss_link(context);
            }

            /// When the call started, if not now. Said before anything but the parent; later it is left out, with a warning.
            pub fn started(&mut self, time: SystemTime) {
                self.description.__ss_started(&time);
            }
        }

        impl fmt::Debug for $description<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($description)).finish_non_exhaustive()
            }
        }
    };
}

described! {
    /// What a loop is described by, for [`start_loop`](crate::start_loop). Values are taken by reference; what is `None` is left out.
    /// Content is said last: the span starts with what was said until then.
    LoopDescription:
    /// `gen_ai.agent.name`: the agent that runs the loop. Its steps and tools inherit it.
    agent(__ss_is_agent_measured, __ss_agent, Text);
    /// `gen_ai.conversation.id`: the conversation, session or thread that the loop belongs to. Its steps and tools inherit it.
    conversation_id(__ss_is_recording, __ss_conversation_id, Text);
    /// `gen_ai.provider.name`: who serves the model, as in `anthropic`, `openai`. Steps inherit it.
    provider(__ss_is_measured, __ss_provider, Text);
    /// `gen_ai.request.model`: the model that is asked for. Steps inherit it.
    model(__ss_is_measured, __ss_model, Text);
    /// `gen_ai.request.temperature`. Steps inherit it.
    temperature(__ss_is_recording, __ss_temperature, Number);
    /// `gen_ai.request.max_tokens`: how many tokens a response may have. Steps inherit it.
    max_tokens(__ss_is_recording, __ss_max_tokens, Integer);
    /// `fastmcp.sampling.tool_count`: how many tools the model may choose from.
    tool_count(__ss_is_recording, __ss_tool_count, Integer);
    /// `fastmcp.sampling.result_type`: what the loop produces, by its name; `str` for a string.
    result_type_name(__ss_is_recording, __ss_result_type_name, Text);
    /// `fastmcp.sampling.handler_mode`: `client` or `fallback`.
    handler_mode(__ss_is_recording, __ss_handler_mode, Text);
}

described! {
    /// What a step is described by, for [`start_step`](crate::start_step). Values are taken by reference; what is `None` is left out.
    /// Content is said last, and `request` with it: the span starts with what was said until then, and what its loop says otherwise stays on it.
    StepDescription:
    /// `gen_ai.provider.name`: who serves the model. Where it is not said, the loop's.
    provider(__ss_is_measured, __ss_provider, Text);
    /// `gen_ai.request.model`: the model that is asked for. Where it is not said, the loop's.
    model(__ss_is_measured, __ss_model, Text);
    /// `gen_ai.request.temperature`. Where it is not said, the loop's.
    temperature(__ss_is_recording, __ss_temperature, Number);
    /// `gen_ai.request.max_tokens`: how many tokens the response may have. Where it is not said, the loop's.
    max_tokens(__ss_is_recording, __ss_max_tokens, Integer);
    /// `gen_ai.request.top_p`: how much of the probability mass is sampled from, 0 to 1.
    top_p(__ss_is_recording, __ss_top_p, Number);
    /// `gen_ai.request.top_k`: from how many of the likeliest tokens is sampled.
    top_k(__ss_is_recording, __ss_top_k, Integer);
    /// `gen_ai.request.seed`: with the same one, a model may answer the same.
    seed(__ss_is_recording, __ss_seed, Integer);
    /// `gen_ai.request.stop_sequences`: at which texts the model stops. A list of strings; one string is a list of one.
    stop_sequences(__ss_is_recording, __ss_stop_sequences, AttributeValue);
    /// `gen_ai.request.presence_penalty`.
    presence_penalty(__ss_is_recording, __ss_presence_penalty, Number);
    /// `gen_ai.request.frequency_penalty`.
    frequency_penalty(__ss_is_recording, __ss_frequency_penalty, Number);
    /// `gen_ai.request.choice.count`: how many answers are asked for.
    choice_count(__ss_is_recording, __ss_choice_count, Integer);
    /// `gen_ai.request.reasoning.level`: how much the model is to reason, in the provider's own word: `low`, `high`.
    reasoning_level(__ss_is_recording, __ss_reasoning_level, Text);
    /// `gen_ai.request.previous_response.id`: the response that this request goes on from, where the provider keeps it.
    previous_response_id(__ss_is_recording, __ss_previous_response_id, Text);
    /// `gen_ai.prompt.name`: the prompt template that the request was made from.
    prompt_name(__ss_is_recording, __ss_prompt_name, Text);
    /// `gen_ai.prompt.version`: its version, in whatever scheme: `v2`, `2026-10-01`, `prod`.
    prompt_version(__ss_is_recording, __ss_prompt_version, Text);
    /// `server.address`: the host that serves the model, by name or IP address. With the GenAI names, metrics carry it, too.
    server_address(__ss_is_server_measured, __ss_server_address, Text);
    /// `server.port`: its port. With the GenAI names, metrics carry it, too, where the address is said.
    server_port(__ss_is_server_measured, __ss_server_port, Integer);
    /// `fastmcp.sampling.iteration`: which step of the run this is, from 0, where the loop does not count right.
    iteration(__ss_is_recording, __ss_iteration, Integer);
    /// `http.request.resend_count`: how often it was sent before. Above 0 it is another model call of the same iteration.
    attempt(__ss_is_recording, __ss_attempt, Integer);
}

described! {
    /// What a tool is described by, for [`start_tool`](crate::start_tool). Values are taken by reference; what is `None` is left out.
    ToolDescription:
    /// `gen_ai.tool.call.id`: the model's id for this call.
    call_id(__ss_is_recording, __ss_call_id, Text);
    /// `gen_ai.tool.description`: what the model is told that the tool does.
    description(__ss_is_recording, __ss_description, Text);
    /// `gen_ai.tool.type`: `function` unless it is said otherwise, as in `extension`, `datastore`.
    tool_type(__ss_is_measured, __ss_tool_type, Text);
    /// `gen_ai.provider.name`: whose service it is that documents or memories are in, of an operation that is no tool call.
    provider(__ss_is_server_measured, __ss_provider, Text);
    /// `server.address`: the host that it is on, likewise, by name or IP address. With the GenAI names, metrics carry it, too.
    server_address(__ss_is_server_measured, __ss_server_address, Text);
    /// `server.port`: its port. With the GenAI names, metrics carry it, too, where the address is said.
    server_port(__ss_is_server_measured, __ss_server_port, Integer);
    /// `gen_ai.data_source.id`: what a retrieval looks in, by the id that the system gave it.
    data_source_id(__ss_is_recording, __ss_data_source_id, Text);
    /// Content: what a retrieval or a memory is asked.
    query(__ss_is_capturing, __ss_query, Text);
    /// Content: what the model calls the tool with. Of an operation that is no tool call it says nothing.
    arguments(__ss_is_capturing, __ss_arguments, Serialize);
}

impl LoopDescription<'_> {
    /// An attribute of your own on this loop, its steps and tools, and the loops inside, whose own of that key goes first: on spans, never on a metric.
    /// Said before content; a loop hands down 32 at most. Its key is not checked against the registry, as the attribute macro checks it.
    pub fn inherited(&mut self, key: &'static str, value: &(impl AttributeValue + ?Sized)) {
        if self.description.__ss_is_recording() {
            self.description.__ss_inherited(key, value);
        }
    }
}

macro_rules! asked {
    ($($description:ident)*) => {$(
        impl $description<'_> {
            /// The tools that the model may choose from: on a loop `fastmcp.sampling.tool_count`, unless it was said, and as content their definitions.
            pub fn tools(&mut self, tools: &(impl ToToolDefinitions + ?Sized)) {
                if self.description.__ss_is_recording() {
                    self.said.push("tools");
                    self.description.__ss_tools(tools);
                }
            }

            /// Content: what the model is told before everything else.
            pub fn system_prompt(&mut self, prompt: &(impl ToMessages + ?Sized)) {
                if self.description.__ss_is_capturing() {
                    self.said.push("system_prompt");
                    self.description.__ss_system_prompt(prompt.to_messages());
                }
            }

            /// Content: what the model is asked.
            pub fn messages(&mut self, messages: &(impl ToMessages + ?Sized)) {
                if self.description.__ss_is_capturing() {
                    self.said.push("messages");
                    self.description.__ss_messages(messages.to_messages());
                }
            }

            /// The request itself, in the shape of any provider that [the guide](crate::guide::providers) names: whatever of it was not said until then.
            #[track_caller]
            pub fn request(&mut self, request: &(impl Readable + ?Sized)) {
                if self.description.__ss_is_measured() {
                    self.description.__ss_request(request, &self.said);
                }
            }
        }
    )*};
}

asked!(LoopDescription StepDescription);

macro_rules! adopting {
    ($($description:ident)*) => {$(
        impl $description<'_> {
            /// No span of its own: the call completes the one that is current where it begins, as a client has opened it that traces itself, with what is
            /// known of it. That span's name and end are left to whoever opened it. What `span = current` does, for which
            /// [the guide](crate::guide::beside_tracing) says where there is none to complete.
            ///
            /// Said before anything but the parent; later it is left out, with a warning.
            pub fn current_span(&mut self) {
                self.description.__ss_current_span();
            }
        }
    )*};
}

adopting!(StepDescription ToolDescription);

impl StepDescription<'_> {
    /// Somebody else reports the tokens of this call, as a client does that traces itself: they stay off this span and its metrics.
    pub fn without_tokens(&mut self) {
        self.description.__ss_without_tokens();
    }
}
