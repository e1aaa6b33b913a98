//! Runs the steps of several actors in every order.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};

pub type Actor<T = ()> = Pin<Box<dyn Future<Output = T>>>;

/// Yields once.
#[derive(Default)]
pub struct GiveWay(bool);

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
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

/// Runs the actors in every order, from the start each time. `each` gets the scene and the actor that moved after every
/// step; `end` gets the scene and each actor's output after the last. An actor that took no step has no output. Returns the
/// number of orders.
pub fn explore<S, T>(
    start: impl Fn() -> (S, Vec<Actor<T>>),
    mut each: impl FnMut(&S, usize),
    mut end: impl FnMut(&S, Vec<Option<T>>),
) -> usize {
    let mut orders = 0;
    // At each step, the index of the actor that moved, among those that could. To get the next order, the last index that
    // can grow is increased.
    let mut choices: Vec<usize> = Vec::new();
    loop {
        let (scene, actors) = start();
        let mut outputs: Vec<Option<T>> = actors.iter().map(|_| None).collect();
        let mut running: Vec<(usize, Actor<T>)> = actors.into_iter().enumerate().collect();
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
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                outputs[actor] = Some(output);
                drop(running.remove(choices[step]));
            }
            each(&scene, actor);
        }
        orders += 1;
        end(&scene, outputs);
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
