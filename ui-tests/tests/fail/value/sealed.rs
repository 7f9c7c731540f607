//~ required by a bound in `Integer`
//~ required by a bound in `Number`
//~ required by a bound in `samplescope::value::Text`
//~ required by a bound in `AttributeValue`
//~ required by a bound in `Flag`
//~ required by a bound in `AsContext`
//~ required by a bound in `Usage`
//~ required by a bound in `ChunkText`

use samplescope::value::{AsContext, AttributeValue, ChunkText, Flag, Integer, Number, Text, Usage};

struct Mine;

impl Integer for Mine {}
impl Number for Mine {}
impl Text for Mine {}
impl AttributeValue for Mine {}
impl Flag for Mine {}
impl AsContext for Mine {}
impl Usage for Mine {}
impl ChunkText<'_> for Mine {}

fn main() {}
