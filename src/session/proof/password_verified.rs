use crate::session::{AccountId, FirstFactor, PasswordCheck, Requirement};

/// The host's word that this account's password was just typed and was right.
///
/// The library cannot check this. So make this value only where the password hash was compared, and nowhere
/// else. Use it for another first factor too (a link in a mail, a single sign-on), and [say
/// so](Self::first_factor): the code is asked for after any of them.
///
/// It is valid for five minutes (no longer than a challenge lives, if it opens one), once, and only while the
/// account's credentials are the same as when the check began. It cannot be copied or stored:
///
/// ```compile_fail,E0599
/// fn twice(proof: second_factor::PasswordVerified) {
///     let _ = proof.clone();
/// }
/// ```
#[derive(Debug)]
#[must_use = "a verified password is the first half of a login; hand it to the verifier"]
pub struct PasswordVerified {
    pub(crate) check: PasswordCheck,
    pub(crate) first_factor: FirstFactor,
    pub(crate) requirement: Requirement,
}

impl PasswordVerified {
    /// The host compared the hash that it read after this check began, and the password was right.
    pub fn by_host(check: PasswordCheck) -> Self {
        Self { check, first_factor: FirstFactor::Password, requirement: Requirement::None }
    }

    /// Says what the host verified, if it was not a password. The [method references](crate::AuthMethod::amr)
    /// of the login depend on it.
    ///
    /// ```
    /// use second_factor::session::{FirstFactor, PasswordCheck};
    /// use second_factor::PasswordVerified;
    ///
    /// fn by_link(check: PasswordCheck) -> PasswordVerified {
    ///     PasswordVerified::by_host(check).first_factor(FirstFactor::Other)
    /// }
    /// ```
    pub fn first_factor(mut self, kind: FirstFactor) -> Self {
        self.first_factor = kind;
        self
    }

    /// Says that the host demands a second factor of this account, now or from a date on: because of its role
    /// or group, for example.
    ///
    /// ```
    /// use second_factor::session::{PasswordCheck, Requirement};
    /// use second_factor::{PasswordVerified, UnixTime};
    ///
    /// fn of_staff(check: PasswordCheck) -> PasswordVerified {
    ///     let new_year = UnixTime::from_secs(1_798_761_600);
    ///     PasswordVerified::by_host(check).demanding(Requirement::EnrolledBy(new_year))
    /// }
    /// ```
    pub fn demanding(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }

    /// Whose password it was.
    pub fn account(&self) -> &AccountId {
        self.check.account()
    }
}
