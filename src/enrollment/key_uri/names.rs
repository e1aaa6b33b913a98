use alloc::string::String;

/// Issuers and account name, decoded, one after the other in one text.
#[derive(Clone, Default)]
pub(super) struct Names {
    /// The issuer parameter, then the issuer of the label if it is another one, then the account name.
    text: String,
    parameter_issuer_end: usize,
    label_issuer_end: usize,
    account_name_start: usize,
    /// Whether the label has the issuer that the parameter has.
    same_issuer: bool,
}

impl Names {
    /// The same issuer on both sides, and whose account it is.
    pub(super) fn new(issuer: &str, account_name: &str) -> Self {
        let mut names = Self::with_room(issuer.len().saturating_add(account_name.len()));
        names.text.push_str(issuer);
        names.end_parameter_issuer();
        names.same_issuer();
        names.text.push_str(account_name);
        names
    }

    /// None yet, and room for so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ..Self::default() }
    }

    /// Where the next of them is written.
    pub(super) fn next(&mut self) -> &mut String {
        &mut self.text
    }

    /// What has been written is the issuer parameter.
    pub(super) fn end_parameter_issuer(&mut self) {
        self.parameter_issuer_end = self.text.len();
        self.end_label_issuer();
    }

    /// What has been written since is the issuer of the label.
    pub(super) fn end_label_issuer(&mut self) {
        self.label_issuer_end = self.text.len();
        self.account_name_start = self.text.len();
    }

    /// The issuer of the label is that of the parameter.
    pub(super) fn same_issuer(&mut self) {
        self.same_issuer = true;
    }

    /// Drops the spaces before the account name, which is all that has been written since.
    pub(super) fn trim_account_name(&mut self) {
        let spaces = self.account_name().bytes().take_while(|byte| *byte == b' ').count();
        self.account_name_start = self.account_name_start.saturating_add(spaces);
    }

    pub(super) fn parameter_issuer(&self) -> Option<&str> {
        if self.parameter_issuer_end == 0 {
            return None;
        }
        self.text.get(..self.parameter_issuer_end)
    }

    pub(super) fn label_issuer(&self) -> Option<&str> {
        if self.same_issuer { self.parameter_issuer() } else { self.own_label_issuer() }
    }

    /// That of the label where it is not that of the parameter.
    pub(super) fn own_label_issuer(&self) -> Option<&str> {
        if self.label_issuer_end == self.parameter_issuer_end {
            return None;
        }
        self.text.get(self.parameter_issuer_end..self.label_issuer_end)
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        self.parameter_issuer().or(self.label_issuer())
    }

    pub(super) fn account_name(&self) -> &str {
        self.text.get(self.account_name_start..).unwrap_or_default()
    }
}
