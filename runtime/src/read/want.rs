//! What is wanted of a value: a tree in the shape of the value, whose leaves say what is read there.

use crate::read::facts::{Count, Number, Place, Sign, Text};
use crate::vocabulary::{Modality, Spent};

/// One node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    /// Of an object, these members. The same name may stand there twice: then its value is visited twice.
    Members(Members),
    /// Of a list, of each entry; of anything else, of itself.
    Each(&'static Want),
    /// The same, where each entry is one of the model's answers.
    Choices(&'static Want),
    /// Of an enum's variant, of what is inside; of anything else, of itself.
    Variant(&'static Want),
    /// Of an object with one member, of that member; of anything else, of itself.
    Only(&'static Want),
    /// A word that becomes an attribute.
    Text(Text),
    /// Which of the answers this one is.
    ChoiceIndex,
    /// Why the model stopped giving this answer.
    FinishReason,
    /// A text at which the model is to stop.
    StopSequence,
    Count(Count),
    Number(Number),
    /// How many tokens are of that modality.
    Tokens(Spent, Modality),
    /// A list of how many tokens are of which modality.
    Breakdown(Spent),
    /// Which modality, in such a list.
    Modality,
    /// How many entries a list has. They are not serialised.
    Tools,
    /// One tool. It is not serialised.
    Tool,
    /// In this answer the model calls a tool. What is there is not serialised.
    CallsTool,
    /// The member is there, whatever it is. It is not serialised.
    Key(Sign),
    /// It is not null.
    Sign(Sign),
    /// The member is there: it failed, and this is what its kind is called. What is there is not serialised.
    FailedAs(&'static str),
    /// It is true.
    True(Sign),
    /// It is neither null nor empty.
    Filled(Sign),
    /// It is a text that begins with one of these. The longer ones stand first.
    Word(&'static [(&'static str, Sign)]),
    /// Content: all of it, as it is.
    Content(Place),
    /// Inside of content.
    Inside,
    /// The name of a member.
    Name,
    /// Of an object that is not recognised, the names of its members.
    Names,
}

/// Everything.
pub(crate) static WHOLE: Want = Want::Content(Place::Whole);

/// An entry of a list that breaks tokens down.
pub(crate) static MODALITY: Want = members(&[("modality", Want::Modality), ("tokenCount", Want::Count(Count::OfModality))]);

/// Members of an object, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members {
    names: Names,
    /// Where the first member stands whose name has that bit.
    first: [u8; Names::BITS],
    list: &'static [(&'static str, Want)],
}

/// The members of an object that are wanted.
pub(crate) const fn members(members: &'static [(&'static str, Want)]) -> Want {
    assert!(members.len() < u8::MAX as usize);
    let mut names = Names::NONE;
    let mut first = [u8::MAX; Names::BITS];
    let mut at = 0;
    while at < members.len() {
        // A member that stands elsewhere would not be found.
        assert!(at == 0 || is_sorted(members[at - 1].0, members[at].0));
        let place = Names::place(members[at].0);
        names.0 |= 1 << place;
        if first[place] == u8::MAX {
            #[expect(clippy::cast_possible_truncation, reason = "there are not so many members")]
            {
                first[place] = at as u8;
            }
        }
        at += 1;
    }
    Want::Members(Members { names, first, list: members })
}

const fn is_sorted(one: &str, next: &str) -> bool {
    let (one, next) = (one.as_bytes(), next.as_bytes());
    let mut at = 0;
    while at < one.len() && at < next.len() {
        if one[at] != next[at] {
            return one[at] < next[at];
        }
        at += 1;
    }
    one.len() <= next.len()
}

impl Members {
    pub(crate) fn names(&self) -> Names {
        self.names
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> &'static [(&'static str, Want)] {
        self.list
    }

    /// What is wanted of the member with that name. They stand in the order of their names.
    pub(crate) fn of(&'static self, name: &str) -> impl Iterator<Item = &'static Want> {
        let same = move |member: &&(&str, Want)| member.0 == name;
        let first = usize::from(self.first[Names::place(name)]);
        let members = self.list.get(first..).unwrap_or_default();
        members.iter().skip_while(move |member| !same(member)).take_while(same).map(|member| &member.1)
    }
}

/// A few names: one bit each, so that nearly every other name is passed over without a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names(u64);

impl Names {
    const BITS: usize = u64::BITS as usize;
    pub(crate) const NONE: Self = Names(0);
    pub(crate) const ALL: Self = Names(u64::MAX);

    #[inline]
    pub(crate) const fn may_have(self, name: &str) -> bool {
        self.0 & (1 << Names::place(name)) != 0
    }

    /// Which bit it is.
    #[inline]
    const fn place(name: &str) -> usize {
        let name = name.as_bytes();
        match name {
            [] => 0,
            [first, .., last] => (name.len() + 3 * *first as usize + 11 * *last as usize) % Names::BITS,
            [only] => *only as usize % Names::BITS,
        }
    }
}
