//! A tour of everything, step by step. Each step is one of the commands.

use crate::host::Host;
use crate::stop::Stop;
use crate::terminal::say;
use crate::{flow, menu, settings, words};

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

    say("\nStep 1 of 8: an account, with a password of 8 characters or more.");
    let user = again(host, menu::register)?;

    say("\nStep 2 of 8: log in. There is no second factor yet, so the password is all that is asked for.");
    again(host, |host| flow::log_in(host, &user))?;

    say(
        "\nStep 3 of 8: enable two-factor authentication. Somebody who finds this laptop unlocked cannot: it asks for the password again.",
    );
    again(host, |host| flow::enable(host, ""))?;

    say(
        "\nStep 4 of 8: log in again, since all sessions have ended. Say yes (y) to have this laptop remembered.",
    );
    again(host, |host| flow::log_in(host, &user))?;

    say("\nStep 5 of 8: log out, and log in again on the same device.");
    menu::log_out(host);
    again(host, |host| flow::log_in(host, &user))?;

    say("\nStep 6 of 8: somebody uses another device. The password alone does not let them in.\n\
         Type the next code; one that was used before is not accepted.");
    menu::device(host, "desktop")?;
    again(host, |host| flow::log_in(host, &user))?;

    say(
        "\nStep 7 of 8: a second authenticator, in case the phone is lost: a tablet, or another app. It needs the\n\
         next code of the first one. (`wait 1m` lets a minute pass for oathtool.) Then log in with a code of either.",
    );
    again(host, |host| flow::enable(host, "Tablet"))?;
    again(host, |host| flow::log_in(host, &user))?;
    say(words::authenticators(&settings::status(host)?.authenticators));

    say(
        "\nStep 8 of 8: the phone is lost. Remove number 1 with a code of the tablet; then the phone's codes are void.",
    );
    again(host, |host| {
        let bound = settings::status(host)?.authenticators;
        settings::remove(host, menu::choose("1", &bound)?)
    })?;

    say(
        "\nThat was it. Go on with `apps`, `replace`, `codes`, `devices`, `log`, `password`, `disable`; `demand now` has\n\
         this service insist on a second factor; `wait 30d` shows that the laptop is forgotten after 30 days. `help` lists all\n\
         commands. Everything is kept for the next run.",
    );
    Ok(())
}

/// Repeats a step until it works. An empty line gives up.
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
