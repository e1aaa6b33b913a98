//! Runs the steps of several actors in every order.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};

pub type Actor = Pin<Box<dyn Future<Output = ()>>>;

/// Yields once.
#[derive(Default)]
pub struct GiveWay(bool);

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// An actor that is dropped after this many steps.
pub struct Dropped {
    pub actor: Option<Actor>,
    pub steps: usize,
}

impl Future for Dropped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let is_done = self.actor.as_mut().is_none_or(|actor| actor.as_mut().poll(context).is_ready());
        if is_done || self.steps == 0 {
            self.actor = None;
            return Poll::Ready(());
        }
        self.steps -= 1;
        Poll::Pending
    }
}

/// Runs a future that never waits for another task.
pub fn finish<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Runs the actors in every order, from the start each time. `each` gets the scene after every step, `end` after the last.
/// Returns the number of orders.
pub fn explore<S>(
    start: impl Fn() -> (S, Vec<Actor>),
    mut each: impl FnMut(&S, usize),
    mut end: impl FnMut(&S),
) -> usize {
    let mut orders = 0;
    let mut choices: Vec<usize> = Vec::new();
    loop {
        let (scene, actors) = start();
        let mut running: Vec<(usize, Actor)> = actors.into_iter().enumerate().collect();
        let mut open = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        // Before its first step, an actor does not interact with others.
        running.retain_mut(|(_, actor)| actor.as_mut().poll(&mut context).is_pending());
        while !running.is_empty() {
            let step = open.len();
            if step == choices.len() {
                choices.push(0);
            }
            open.push(running.len());
            let (actor, future) = &mut running[choices[step]];
            let actor = *actor;
            if future.as_mut().poll(&mut context).is_ready() {
                drop(running.remove(choices[step]));
            }
            each(&scene, actor);
        }
        orders += 1;
        end(&scene);
        while let (Some(choice), Some(&among)) = (choices.pop(), open.last()) {
            open.pop();
            if choice + 1 < among {
                choices.push(choice + 1);
                break;
            }
        }
        if choices.is_empty() {
            return orders;
        }
    }
}
