//! Attributes on statements: where they may stand, and that nobody is warned of what they leave behind.
#![deny(warnings)]

use samplescope::{sampling_loop, sampling_statements, sampling_step, sampling_tool};
use std::future::Future;
use std::pin::Pin;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

struct Tool;

impl Tool {
    async fn execute(&self, number: u8) -> Result<u8, String> {
        Ok(number)
    }

    fn now(&self, number: u8) -> Result<u8, String> {
        Ok(number)
    }

    fn boxed(&self, number: u8) -> Boxed<'_, u8> {
        Box::pin(async move { number })
    }
}

#[sampling_loop(agent = "a")]
async fn everywhere(tool: &Tool, mut list: Vec<u8>) -> Result<u8, String> {
    #[sampling_tool]
    let one = tool.execute(1).await?;
    #[sampling_tool]
    let two: u8 = tool.execute(one).await?;
    let three;
    #[sampling_tool]
    three = tool.execute(two).await?;
    let mut four = three;
    #[sampling_tool]
    four += tool.now(3)?;
    #[sampling_tool]
    let Ok(five) = tool.execute(four).await else { return Err(String::new()) };
    #[sampling_tool]
    if let Ok(six) = tool.execute(five).await {
        list.push(six);
    } else if five == 3 {
        list.push(3);
    }
    #[sampling_tool]
    match tool.execute(five).await {
        Ok(7) => {}
        Ok(number) => list.push(number),
        Err(_) => #[sampling_tool]
        list.push(3),
    }
    #[cfg(any())]
    #[sampling_tool]
    let gone = nothing();
    #[allow(unused_variables)]
    #[sampling_tool]
    let unused = tool.now(3);
    let closure = |number| {
        #[sampling_tool]
        tool.now(number)
    };
    let later = async {
        #[sampling_tool]
        let seven = tool.execute(7).await?;
        #[sampling_tool]
        return tool.execute(seven).await;
    };
    let (eight, nine) = tokio::join!(later, async { #[sampling_tool] tool.boxed(9).await });
    let ten = loop {
        #[sampling_tool]
        break tool.execute(10).await;
    };
    #[sampling_tool]
    list[tool.now(0)? as usize] = tool.now(3).map_err(|error| error + "!")?;
    #[sampling_step]
    let all = async {
        #[sampling_tool]
        let eleven = tool.now(11)?;
        tool.now(eleven)
    }
    .await?;
    #[sampling_tool]
    let boxed = tool.boxed(all);
    #[sampling_tool]
    boxed.await;
    Ok(#[sampling_tool] tool.execute(nine + eight? + ten? + closure(3)?).await? + one)
}

mod imported {
    pub(super) async fn inside(tool: &super::Tool) -> Result<u8, String> {
        #[samplescope::sampling_statements]
        async fn here(tool: &super::Tool) -> Result<u8, String> {
            {
                use samplescope::sampling_tool;
                #[sampling_tool]
                let one = tool.execute(1).await?;
                #[::samplescope::sampling_tool]
                tool.execute(one).await
            }
        }
        here(tool).await
    }
}

#[sampling_statements]
fn items() -> u8 {
    #[sampling_tool]
    fn item() -> u8 {
        3
    }
    struct Here;
    impl Here {
        #[sampling_step]
        fn method(&self) -> u8 {
            #[sampling_tool]
            item()
        }
    }
    #[sampling_tool]
    Here.method()
}

macro_rules! function {
    ($name:ident, $number:expr, $call:expr, $block:block) => {
        #[sampling_statements]
        async fn $name(tool: &Tool) -> Result<u8, String> {
            #[sampling_tool]
            let number = tool.execute($number).await?;
            #[sampling_tool]
            let second = $call;
            $block
            Ok(number + second?)
        }
    };
}

function!(generated, 1 + 1, Tool.now(3), {
    #[sampling_tool]
    Tool.now(3)?;
});

#[async_trait::async_trait]
trait Runs {
    async fn run(&self) -> Result<u8, String>;
}

#[async_trait::async_trait]
impl Runs for Tool {
    #[sampling_statements]
    async fn run(&self) -> Result<u8, String> {
        #[sampling_tool]
        let one = self.execute(1).await?;
        Ok(one)
    }
}

mod conditional {
    use samplescope::{sampling_loop, sampling_tool};

    #[sampling_loop]
    pub(super) async fn run(tool: &super::Tool) -> Result<u8, String> {
        #[cfg_attr(all(), sampling_tool)]
        let one = tool.execute(1).await?;
        #[cfg_attr(any(), sampling_tool(nonsense))]
        let two = tool.execute(one).await?;
        #[cfg_attr(all(), cfg_attr(not(any()), allow(clippy::all), sampling_tool(name = "three")))]
        let three = tool.execute(two).await?;
        Ok(three)
    }

    pub(super) struct Runs;

    impl Runs {
        #[samplescope::sampling_statements]
        pub(super) fn run(&self, tool: &super::Tool) -> Result<u8, String> {
            #[cfg_attr(any(), nonsense)]
            #[cfg_attr(all(), samplescope::sampling_step)]
            tool.now(3)
        }
    }
}

struct Named(String);

#[async_trait::async_trait]
trait Renames {
    async fn rename(&mut self, tool: &Tool) -> Result<u8, String>;
    async fn given(self, tool: &Tool) -> Result<u8, String>;
}

#[async_trait::async_trait]
impl Renames for Named {
    #[sampling_statements]
    async fn rename(&mut self, tool: &Tool) -> Result<u8, String> {
        #[sampling_tool(name = self.0)]
        let number = tool.execute(3).await?;
        self.0.push('x');
        Ok(number)
    }

    #[sampling_loop]
    async fn given(mut self, tool: &Tool) -> Result<u8, String> {
        self.0.push('x');
        #[sampling_tool(name = self.0, failed = |number| self.0.len() == usize::from(*number))]
        let number = tool.execute(3).await?;
        Ok(number)
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    let _ = is_send(everywhere(&Tool, Vec::new()));
    let _ = is_send(imported::inside(&Tool));
    let _ = is_send(generated(&Tool));
    let _ = Tool.run();
    let _ = conditional::run(&Tool);
    let _ = conditional::Runs.run(&Tool);
    let _ = Named(String::new()).rename(&Tool);
    let _ = Named(String::new()).given(&Tool);
    items();
}
