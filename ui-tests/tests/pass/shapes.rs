//! Every kind of function, under every rustc lint that is on by default. What their spans say: tests/tests/shapes.rs.
#![deny(warnings, unused, future_incompatible, nonstandard_style, let_underscore)]

use samplescope::{sampling_loop, sampling_step, sampling_tool};
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

struct Client;

trait Native {
    #[sampling_step]
    fn with_body(&self) -> impl Future<Output = u8> + Send
    where
        Self: Sync,
    {
        async move {
            let _ = self;
            3
        }
    }

    async fn asked(&self) -> u8;
}

impl Native for Client {
    #[sampling_step]
    async fn asked(&self) -> u8 {
        3
    }
}

#[async_trait::async_trait]
trait Dynamic {
    async fn below(&self, text: &str) -> Result<usize, String>;
    #[sampling_step]
    async fn default(&self) -> u8 {
        3
    }
}

#[async_trait::async_trait]
impl Dynamic for Client {
    #[sampling_step(model = text)]
    async fn below(&self, text: &str) -> Result<usize, String> {
        let length = text.len();
        if length == 0 {
            return Err(String::new());
        }
        Ok(length)
    }
}

impl Client {
    #[sampling_tool(name = name)]
    async fn shared(self: Arc<Self>, mut name: String, (a, b): (u8, u8), [c, ..]: [u8; 3]) -> usize {
        name.push('x');
        name.len() + usize::from(a + b + c)
    }

    #[sampling_step]
    async fn exclusive(&mut self, &number: &u8, #[cfg(any())] _gone: Gone, #[cfg(all())] there: u8) -> u8 {
        number + there
    }

    #[sampling_tool]
    async fn owned(self) -> Box<u8> {
        return Box::new(1);
    }
}

#[sampling_tool(attributes("app.n" = N))]
async fn generic<'a, T, const N: usize>(text: &'a T, _by: impl Display) -> &'a str
where
    T: AsRef<str> + ?Sized,
{
    text.as_ref()
}

#[sampling_step]
fn captured<'a>(client: &'a Client, text: &str) -> impl Future<Output = usize> + use<'a> {
    let length = text.len();
    async move {
        let _ = client;
        length
    }
}

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[sampling_loop]
fn recursive(depth: u8) -> Later<'static, u8> {
    Box::pin(async move { if depth == 0 { 0 } else { recursive(depth - 1).await } })
}

#[sampling_step]
fn aliased(client: &Client) -> Later<'_, &Client> {
    let there = client;
    Box::pin(async move { there })
}

#[sampling_loop]
async fn never() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

#[sampling_tool]
fn exits() -> ! {
    std::process::exit(0)
}

/// # Safety
///
/// The pointer points.
#[sampling_tool]
unsafe fn pointing(pointer: *const u8) -> u8 {
    #![allow(unsafe_op_in_unsafe_fn)]
    *pointer
}

/// # Safety
///
/// The pointer points.
#[sampling_tool]
async unsafe fn awaited(pointer: *const u8) -> u8 {
    // SAFETY: the caller promises it.
    unsafe { *pointer }
}

#[sampling_tool]
async fn opaque(text: String) -> impl AsRef<str> + Send {
    text
}

#[sampling_tool]
async fn shadows() -> Result<u8, ()> {
    let __span = Ok::<u8, ()>(3);
    let __returned = __span?;
    macro_rules! inner {
        () => {
            __returned
        };
    }
    Ok(inner!())
}

macro_rules! tools {
    ($($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $ty:ty),*) -> $output:ty $body:block)*) => {$(
        $(#[$attribute])*
        #[sampling_tool(name = stringify!($name))]
        $visibility async fn $name($($argument: $ty),*) -> $output $body

        const _: () = {
            #[sampling_step]
            fn $name($($argument: $ty),*) -> $output $body
            let _: fn($($ty),*) -> $output = $name;
        };
    )*};
}

tools! {
    /// Adds.
    pub(crate) fn add(a: u8, b: u8) -> Result<u8, String> { Ok(a + b) }
    fn nothing() -> () {}
}

macro_rules! future_of {
    ($name:ident, $ty:ty, $value:expr) => {
        #[sampling_step(iteration = $value)]
        fn $name() -> impl Future<Output = $ty> {
            async move { $value }
        }
    };
}

future_of!(three, u8, 3);

#[sampling_loop]
#[tokio::main(flavor = "current_thread")]
async fn above() -> Result<u8, String> {
    add(1, 2).await
}

#[tokio::main(flavor = "current_thread")]
#[sampling_loop]
async fn below() -> Result<u8, String> {
    add(1, 2).await
}

fn main() {
    assert_eq!((above(), below()), (Ok(3), Ok(3)));
    let nested = || {
        #[sampling_tool]
        fn inside(number: u8) -> u8 {
            number
        }
        inside(3)
    };
    assert_eq!(nested(), 3);
    // SAFETY: it points.
    assert_eq!(unsafe { pointing(&raw const *&7) }, 7);
    if nested() == 0 {
        exits();
    }
    all();
}

#[tokio::main(flavor = "current_thread")]
async fn all() {
    assert_eq!(Client.with_body().await + Client.asked().await + Client.default().await, 9);
    assert_eq!(Client.below("").await, Err(String::new()));
    assert_eq!(Arc::new(Client).shared("a".to_owned(), (1, 2), [3, 4, 5]).await, 8);
    assert_eq!(Client.exclusive(&1, 2).await, 3);
    assert_eq!(*Client.owned().await, 1);
    assert_eq!(generic::<_, 3>("text", 4).await, "text");
    assert_eq!(captured(&Client, "text").await, 4);
    assert_eq!(recursive(3).await, 0);
    let _ = aliased(&Client).await;
    // SAFETY: it points.
    assert_eq!(unsafe { awaited(&raw const *&7).await }, 7);
    assert_eq!(opaque("a".to_owned()).await.as_ref(), "a");
    assert_eq!(shadows().await, Ok(3));
    nothing().await;
    assert_eq!(three().await, 3);
    drop(never());
}
