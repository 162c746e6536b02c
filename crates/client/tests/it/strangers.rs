//! Who stands between a device and its server: whoever sends it elsewhere, whoever says to be the server.
//!
//! Neither gets a token, nor what was written.

use outrigger_client::engine::event::Refreshed;
use outrigger_client::{Credentials as _, Error, FixedToken, Secret, SessionStore as _};
use std::io;
use std::sync::Arc;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use url::Url;

use crate::credentials::{REFRESH, SignedIn, session};
use crate::server::{Server, Told};
use crate::world::{Device, add, state_like, within};

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_nothing_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start(|_| Told::Json(200, serde_json::json!({}))).await;
        let location = elsewhere.url.clone();
        let server = Server::start(move |asked| {
            let there = location.join(&asked.path).unwrap();
            Told::Headers(status, vec![("location", there.into())])
        })
        .await;
        let me = SignedIn::at(&server.url).await;
        let service = me.device.open().await;

        let read = within(service.fetch("/read")).await;
        assert!(
            read.is_err() || read.is_ok_and(|read| read.status == status),
            "{status}"
        );
        let _written = service.mutate(add(&service, "milk")).await.unwrap();
        let state = state_like(&service, |state| state.message.is_some()).await;
        assert_eq!(state.pending, 1, "{status}");
        let refused = me.credentials.access_token();
        assert_eq!(within(me.credentials.refresh(refused)).await, Refreshed::Failed);
        assert_eq!(me.store.load().unwrap(), Some(session(1)));
        service.close().await.unwrap();

        for path in ["/read", "/todos"] {
            let asked = server.was_asked(|asked| asked.path == path).await;
            assert_eq!(asked.header("authorization"), Some("Bearer access-1"));
        }
        server.was_asked(|asked| asked.path == REFRESH).await;
        assert!(elsewhere.asked().is_empty(), "{status}: {:?}", elsewhere.asked());
    }
}

type Greeted = Result<Vec<u8>, String>;

/// Speaks TLS, with a certificate that it made itself: anybody can.
struct Impostor {
    url: Url,
    certificate: rcgen::CertifiedKey<rcgen::KeyPair>,
    /// How each greeting ended: with what was read first, or without anything.
    greeted: watch::Sender<Vec<Greeted>>,
    _accepting: JoinSet<()>,
}

impl Impostor {
    async fn start() -> Self {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = certificate.signing_key.serialize_der();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key.try_into().unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let greeted = watch::Sender::new(Vec::new());
        let mut accepting = JoinSet::new();
        accepting.spawn({
            let greeted = greeted.clone();
            async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let ended = greet(&acceptor, stream).await.map_err(|error| error.to_string());
                    greeted.send_modify(|all| all.push(ended));
                }
            }
        });
        Self {
            url: Url::parse(&format!("https://localhost:{port}")).unwrap(),
            certificate,
            greeted,
            _accepting: accepting,
        }
    }

    /// All greetings, once one has ended like this.
    async fn greeted(&self, like: impl Fn(&Greeted) -> bool) -> Vec<Greeted> {
        let mut greeted = self.greeted.subscribe();
        let all = within(greeted.wait_for(|all| all.iter().any(&like)))
            .await
            .unwrap();
        all.clone()
    }

    /// Somebody who believes in this very certificate.
    async fn is_visited_by_a_believer(&self) {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", self.url.port().unwrap()))
            .await
            .unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(name, stream).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"hello")
            .await
            .unwrap();
    }
}

async fn greet(acceptor: &TlsAcceptor, stream: tokio::net::TcpStream) -> io::Result<Vec<u8>> {
    let mut stream = acceptor.accept(stream).await?;
    let mut read = vec![0; 1 << 10];
    let length = stream.read(&mut read).await?;
    read.truncate(length);
    Ok(read)
}

#[tokio::test]
async fn a_server_with_a_certificate_of_its_own_making_gets_nothing() {
    let impostor = Impostor::start().await;
    let token = Arc::new(FixedToken(Secret::new("hush")));
    let device = Device::with_credentials(&impostor.url, token);
    let service = device.open().await;
    let error = within(service.fetch("/read")).await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }), "{error:?}");
    let _written = service.mutate(add(&service, "milk")).await.unwrap();
    let state = state_like(&service, |state| state.message.is_some()).await;
    assert_eq!(state.pending, 1);
    service.close().await.unwrap();
    // The client's last word: it knows nobody who vouches for this certificate.
    let is_unknown = |greeted: &Greeted| greeted.as_ref().is_err_and(|said| said.contains("UnknownCA"));
    let greeted = impostor.greeted(is_unknown).await;
    assert!(greeted.iter().all(Result::is_err), "{greeted:?}");
}

/// Else the test above would show only that nobody can speak with it.
#[tokio::test]
async fn the_same_certificate_is_good_for_whoever_was_given_it() {
    let impostor = Impostor::start().await;
    impostor.is_visited_by_a_believer().await;
    assert_eq!(impostor.greeted(Result::is_ok).await, [Ok(b"hello".to_vec())]);
}
