/// The one place that says which version of TW-Mailer Pro this is.

/// As in CHANGELOG.md.
package let productVersion = "0.1.0"
