//! What is kept of a call's content where all of it would be too much: the system prompt, the newest messages, the answer.

use crate::content::document;
use crate::content::exported::Share;
use crate::content::piece::is_instruction;
use crate::content::redaction::Redaction;
use crate::settings::Settings;
use crate::value::Message;
use std::slice;

/// What has been written of one span, or log event.
pub(crate) struct Budget<'a> {
    settings: &'a Settings,
    /// In characters; counted if there is a budget.
    pub(crate) spent: usize,
    /// How many messages there was no room for.
    pub(crate) omitted: usize,
}

impl<'a> Budget<'a> {
    /// Of which so much was written before.
    pub(crate) fn new(settings: &'a Settings, spent: usize) -> Self {
        Budget { settings, spent, omitted: 0 }
    }

    fn room(&self, share: Share) -> Option<usize> {
        self.settings.room(share).map(|room| room.saturating_sub(self.spent))
    }

    fn spend(&mut self, text: &str) {
        if self.settings.content_budget().is_some() {
            self.spent += text.chars().count();
        }
    }

    /// A message as the text of a span event.
    pub(crate) fn message(&mut self, share: Share, message: &Message, redaction: Redaction<'_>) -> Option<String> {
        let text = text_or_json(self.settings, message, redaction, self.room(share))?;
        self.spend(&text);
        Some(text)
    }

    /// A document of ours that has been redacted. None if there is no room for it.
    pub(crate) fn document(&mut self, share: Share, json: String) -> Option<String> {
        let kept = self.settings.cut_document(json, self.room(share))?;
        self.spend(&kept);
        Some(kept)
    }

    /// Messages to the model, as the texts of span events.
    pub(crate) fn texts<'m>(
        &mut self,
        messages: &'m [Message],
        pinned: bool,
        redaction: Redaction<'_>,
    ) -> Vec<(&'m Message, String)> {
        let settings = self.settings;
        self.kept(messages, pinned, |message, room| text_or_json(settings, message, redaction, room))
    }

    /// Messages to the model, as one document. None if there are none, or no room for any.
    pub(crate) fn input(&mut self, messages: &[Message], pinned: bool, redaction: Redaction<'_>) -> Option<String> {
        let settings = self.settings;
        if messages.is_empty() {
            return None;
        }
        if settings.content_budget().is_none() {
            return settings.cut_document(document::input(messages, redaction), None);
        }
        let spent = self.spent;
        // A message that is a list of its own is no shorter than it is in the list of all: two brackets there, a comma here.
        let alone = |message: &Message, room| settings.cut_document(document::input(slice::from_ref(message), redaction), room);
        let lists = self.kept(messages, pinned, alone);
        let entries: Vec<&str> = lists.iter().filter_map(|(_, list)| list.strip_prefix('[')?.strip_suffix(']')).collect();
        self.spent = spent;
        if entries.is_empty() { None } else { self.document(Share::Request, format!("[{}]", entries.join(","))) }
    }

    /// Each message as `write` writes it in so many characters: all of them or, where there is a budget, those that there is room
    /// for, in their order. The newest go first, up to the first that does not fit; of the newest itself there is as much as
    /// fits, which may be nothing. With `pinned`, what the program told the model goes before them.
    fn kept<'m>(
        &mut self,
        messages: &'m [Message],
        pinned: bool,
        write: impl Fn(&Message, Option<usize>) -> Option<String>,
    ) -> Vec<(&'m Message, String)> {
        if self.settings.content_budget().is_none() {
            return messages.iter().filter_map(|message| Some((message, write(message, None)?))).collect();
        }
        let (first, mut others): (Vec<_>, Vec<_>) =
            messages.iter().enumerate().partition(|(_, message)| pinned && is_instruction(message));
        let mut kept = Vec::new();
        for (at, message) in first {
            if let Some(written) = write(message, self.room(Share::Half)) {
                self.spend(&written);
                kept.push((at, message, written));
            }
        }
        let newest = others.pop();
        if let Some((at, message, written)) =
            newest.and_then(|(at, message)| Some((at, message, write(message, self.room(Share::Request))?)))
        {
            self.spend(&written);
            kept.push((at, message, written));
        }
        for (at, message) in others.into_iter().rev() {
            let whole = write(message, None).filter(|whole| Some(whole.chars().count()) <= self.room(Share::Request));
            let Some(whole) = whole else { break };
            self.spend(&whole);
            kept.push((at, message, whole));
        }
        self.omitted = messages.len() - kept.len();
        kept.sort_by_key(|(at, ..)| *at);
        kept.into_iter().map(|(_, message, written)| (message, written)).collect()
    }
}

/// None if there is no room at all.
fn text_or_json(settings: &Settings, message: &Message, redaction: Redaction<'_>, room: Option<usize>) -> Option<String> {
    match message.as_text() {
        _ if room == Some(0) => None,
        Some(text) => Some(settings.cut(&redaction.of_what_it_says(message).text(text), room).into_owned()),
        None => settings.cut_document(document::parts(slice::from_ref(message), |_| true, redaction), room),
    }
}
