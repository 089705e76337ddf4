//! How connections to the outside are encrypted: one set-up for every adapter that speaks HTTP, made when it is first needed.

use std::sync::Arc;

pub use rustls::ClientConfig;
use rustls::RootCertStore;
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

/// Servers of tests: their certificate, and clients that trust it and no other.
#[cfg(test)]
#[expect(clippy::missing_panics_doc, reason = "tests stop at the first surprise")]
pub mod of_tests {
    use std::net::TcpStream;

    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::{Arc, ClientConfig, RootCertStore};

    const CERTIFICATE: &[u8] = include_bytes!("../../tests/data/tls/certificate.der");
    const KEY: &[u8] = include_bytes!("../../tests/data/tls/key.der");

    /// Sets up TLS that trusts the certificate of tests alone.
    pub fn client_config(protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CERTIFICATE.into()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    /// The server's end of a connection.
    pub fn accept(stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = KEY.to_vec().try_into().unwrap();
        let config = builder.with_single_cert(vec![CERTIFICATE.into()], key).unwrap();
        StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream)
    }
}
