//! The whole story, one step after the other. Each step is one of the commands.

use crate::host::Host;
use crate::stop::Stop;
use crate::terminal::say;
use crate::{flow, menu, words};

pub(crate) fn run(host: &mut Host) -> Result<(), Stop> {
    let walked = walk(host);
    if matches!(walked, Err(ref stop) if !matches!(stop, Stop::EndOfInput)) {
        say("The tour ends here. `help` lists the commands, `tour` begins again (with another user name).");
    }
    walked
}

fn walk(host: &mut Host) -> Result<(), Stop> {
    host.device = "laptop".into();
    host.end_session();

    say("\nStep 1 of 6: an account, with a password of 8 characters or more.");
    let user = again(host, menu::register)?;

    say("\nStep 2 of 6: log in. There is no second factor yet, so the password is all that is asked for.");
    again(host, |host| flow::log_in(host, &user))?;

    say(
        "\nStep 3 of 6: enable two-factor authentication. Whoever found this laptop open cannot: it takes the password again.",
    );
    again(host, flow::enable)?;

    say("\nStep 4 of 6: log in again, as anybody has to now. Say yes (y) to have this laptop remembered.");
    again(host, |host| flow::log_in(host, &user))?;

    say("\nStep 5 of 6: log out, and log in again on the same device.");
    menu::log_out(host);
    again(host, |host| flow::log_in(host, &user))?;

    say(
        "\nStep 6 of 6: somebody sits in front of another device. The password alone does not let them in.\n\
         Type the next code; one that was used before is not accepted.",
    );
    menu::device(host, "desktop")?;
    again(host, |host| flow::log_in(host, &user))?;

    say(
        "\nThat was it. Go on with `codes`, `devices`, `log`, `password`, `disable`; `wait 30d` shows that the\n\
         laptop is forgotten in 30 days. `help` lists all commands. Everything is kept for the next run.",
    );
    Ok(())
}

/// Until it works; an empty line gives up.
fn again<T>(host: &mut Host, walk: impl Fn(&mut Host) -> Result<T, Stop>) -> Result<T, Stop> {
    loop {
        match walk(host) {
            Err(stop @ (Stop::WrongPassword | Stop::Unusable(_) | Stop::Refused(_))) => {
                say(words::stop(&stop, host));
                say("Once more (an empty line ends the tour):");
            }
            outcome => return outcome,
        }
    }
}
