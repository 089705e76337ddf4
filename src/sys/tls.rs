//! How connections to the outside are encrypted: one set-up for every adapter that speaks HTTP, made when it is first needed.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// Sets up TLS with the machine's certificates, which are read now; with none where `is_plain`, since a connection that is plain HTTP can
/// then not turn into anything else.
///
/// # Errors
///
/// When the machine's certificates cannot be used.
pub fn client_config(is_plain: bool, protocols: &[&str]) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = if is_plain {
        builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    } else {
        builder.with_platform_verifier()?.with_no_client_auth()
    };
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}
