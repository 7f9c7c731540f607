//! What is wanted of a value: a tree in the shape of the value, whose leaves say what is read there.

use crate::read::facts::{ContentField, Count, NumberField, Sign, TextField};
use crate::vocabulary::{Modality, Spent};

/// One node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    /// Of an object, these members.
    Members(&'static Members),
    /// Each of these: the value is visited as often. Of an enum's variant with members of its own, the first alone.
    All(&'static [Want]),
    /// Of a list, of each entry; of anything else, of itself.
    Each(&'static Want),
    /// The same, where each entry is one of the model's answers.
    Choices(&'static Want),
    /// Of an enum's variant, of what is inside, and so on; of anything else, of itself.
    Variant(&'static Want),
    /// Of an object with one member, of that member; of anything else, of itself.
    Only(&'static Want),
    /// A word that becomes an attribute.
    Text(TextField),
    /// Which of the answers this one is.
    ChoiceIndex,
    /// Why the model stopped giving this answer.
    FinishReason,
    /// A text at which the model is to stop.
    StopSequence,
    Count(Count),
    Number(NumberField),
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
    /// Nor is it false or 0, which servers say in the place of nothing.
    Says(Sign),
    /// It is one of these texts or, where a `*` stands behind it, begins with that.
    Word(&'static [(&'static str, Sign)]),
    /// Content: all of it, as it is.
    Content(ContentField),
    /// Inside of content.
    Inside,
    /// The name of a member.
    Name,
    /// Of an object that is not recognised, the names of its members.
    Names,
}

impl Want {
    /// What is wanted, one after the other.
    pub(crate) fn each(&'static self) -> &'static [Want] {
        match self {
            Want::All(wants) => wants,
            want => std::slice::from_ref(want),
        }
    }
}

/// Everything.
pub(crate) static WHOLE: Want = Want::Content(ContentField::Whole);

/// An entry of a list that breaks tokens down.
pub(crate) static MODALITY: Want = members![("modality", Want::Modality), ("tokenCount", Want::Count(Count::OfModality))];

/// Members of an object, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members {
    names: Names,
    /// Where the first member stands whose name has that bit.
    first: [u8; Names::BITS],
    /// Beside each member, where the next one stands whose name has the same bit.
    next: [u8; Members::MOST],
    list: &'static [(&'static str, Want)],
}

/// The members of an object that are wanted, in the order of their names.
macro_rules! members {
    [$($member:expr),+ $(,)?] => {
        $crate::read::want::Want::Members(&$crate::read::want::Members::new(&[$($member),+]))
    };
}
pub(crate) use members;

const fn is_before(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] < other[at];
        }
        at += 1;
    }
    one.len() < other.len()
}

impl Members {
    const MOST: usize = 40;
    /// Where nothing stands.
    const NONE: u8 = u8::MAX;

    pub(crate) const fn new(list: &'static [(&'static str, Want)]) -> Self {
        assert!(list.len() <= Members::MOST);
        let mut names = Names::NONE;
        let mut first = [Members::NONE; Names::BITS];
        let mut next = [Members::NONE; Members::MOST];
        let mut at = list.len();
        while at > 0 {
            at -= 1;
            let name = list[at].0;
            // None stands there twice.
            assert!(at == 0 || is_before(list[at - 1].0, name));
            let bit = Name::of(name).bit;
            names.0 |= 1 << bit;
            next[at] = first[bit];
            #[expect(clippy::cast_possible_truncation, reason = "there are not so many members")]
            {
                first[bit] = at as u8;
            }
        }
        Members { names, first, next, list }
    }

    pub(crate) fn names(&self) -> Names {
        self.names
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> &'static [(&'static str, Want)] {
        self.list
    }

    /// What is wanted of the member with that name.
    #[inline]
    pub(crate) fn of(&self, name: Name<'_>) -> Option<&'static Want> {
        let mut at = usize::from(self.first[name.bit]);
        loop {
            let (other, want) = self.list.get(at)?;
            if is_same(name.text.as_bytes(), other.as_bytes()) {
                return Some(want);
            }
            at = usize::from(self.next[at]);
        }
    }
}

/// The name of a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    pub(crate) text: &'a str,
    /// Which bit of [`Names`] it is.
    bit: usize,
}

impl<'a> Name<'a> {
    /// The compiler does it, where it knows the name.
    #[inline]
    pub(crate) const fn of(text: &'a str) -> Self {
        let bit = match text.as_bytes() {
            [] => 0,
            [first, .., last] => text.len() + 3 * *first as usize + 11 * *last as usize,
            [only] => *only as usize,
        };
        Name { text, bit: bit % Names::BITS }
    }
}

/// As `==` has it, but here: names are short, and to call `memcmp` costs more than to compare them.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    /// What both begin and end with, where that is all.
    fn by_ends<const N: usize>(one: &[u8], other: &[u8]) -> Option<bool> {
        let begin = one.first_chunk::<N>()? == other.first_chunk()?;
        (one.len() <= 2 * N).then_some(begin && one.last_chunk::<N>() == other.last_chunk())
    }
    one.len() == other.len()
        && by_ends::<4>(one, other)
            .or_else(|| by_ends::<8>(one, other))
            .or_else(|| by_ends::<16>(one, other))
            .unwrap_or_else(|| one.iter().eq(other))
}

/// A few names: one bit each, so that nearly every other name is passed over without a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names(u64);

impl Names {
    const BITS: usize = u64::BITS as usize;
    pub(crate) const NONE: Self = Names(0);
    pub(crate) const ALL: Self = Names(u64::MAX);

    #[inline]
    pub(crate) const fn may_have(self, name: Name<'_>) -> bool {
        self.0 & (1 << name.bit) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_one_byte_are_two() {
        for length in 0..40 {
            let name = vec![b'a'; length];
            assert!(is_same(&name, &name.clone()), "{length} bytes");
            for at in 0..length {
                let mut other = name.clone();
                other[at] = b'b';
                assert!(!is_same(&name, &other), "{length} bytes, of which number {at} differs");
            }
        }
    }
}
