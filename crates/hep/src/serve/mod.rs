//! The server: listens, answers, and ends when it is told to.

#[cfg(test)]
mod authority;
pub(crate) mod carrier;
pub(crate) mod forwarded;
mod health;
mod leaving;
#[cfg(test)]
mod leaving_test;
pub(crate) mod log;
mod meter;
mod rate;
mod request;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod tls;
mod tunnel;
#[cfg(test)]
mod tunnel_test;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum_server::Handle;
use hep_engine::ops::Engine;
use tower_http::catch_panic::CatchPanicLayer;

use self::forwarded::Trusted;
pub(crate) use self::leaving::Leaving;
use self::meter::Meter;
use self::rate::Rates;
use self::tls::Certificate;
use crate::settings::{Settings, table};
use crate::{api, ui};

/// What the door of the server needs to know of its settings.
pub(crate) struct Door {
    trusted: Trusted,
    rates: Rates,
    meter: Meter,
    /// How long a request may take.
    time: Duration,
    /// Whether we speak HTTPS ourselves.
    is_secure: bool,
    /// Whether we are about to go.
    leaving: Leaving,
}

/// A server that is about to answer.
pub(crate) struct Server {
    app: Router,
    listener: TcpListener,
    certificate: Option<Certificate>,
    grace: Duration,
    leaving: Leaving,
}

impl Server {
    /// Puts it together. Nothing is answered yet.
    pub(crate) fn new(
        engine: &Engine,
        settings: &Settings,
        listener: TcpListener,
    ) -> Result<Self, crate::cli::Failure> {
        let certificate = Certificate::of(settings)?;
        let leaving = Leaving::within(settings.span(&table::STOP_DRAIN));
        let door = Arc::new(Door {
            trusted: Trusted::parse(&settings.list(&table::TRUSTED_PROXIES))?,
            rates: Rates::new(settings),
            meter: Meter::new(),
            time: settings.span(&table::LIMIT_TIME),
            is_secure: certificate.is_some(),
            leaving: leaving.clone(),
        });
        let body = usize::try_from(settings.number(&table::LIMIT_BODY)).unwrap_or(usize::MAX);
        let aliases = settings.flag(&table::ALIASES_ALF);
        // The last layer is the outermost: every answer, even one to a panic, is named and counted.
        let app = api::router(engine.clone(), aliases)
            .merge(ui::router(engine.clone(), settings))
            .merge(health::router(engine.clone(), Arc::clone(&door)))
            .merge(tunnel::router(engine.clone()))
            .layer(DefaultBodyLimit::max(body))
            .layer(CatchPanicLayer::custom(request::panicked))
            .layer(middleware::from_fn(api::xml_for_those_who_ask))
            .layer(middleware::from_fn_with_state(Arc::clone(&door), request::admit));
        let grace = settings.span(&table::STOP_GRACE);
        Ok(Self { app, listener, certificate, grace, leaving })
    }

    /// By what it says that it is about to go.
    pub(crate) fn leaving(&self) -> Leaving {
        self.leaving.clone()
    }

    /// Whether it speaks HTTPS.
    pub(crate) const fn is_secure(&self) -> bool {
        self.certificate.is_some()
    }

    /// Serves until `stop` is ready. Then it accepts no connection, closes those on which nothing is asked, and ends
    /// what is being answered within the grace.
    pub(crate) async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let handle = Handle::new();
        let (stopping, grace) = (handle.clone(), self.grace);
        tokio::spawn(async move {
            stop.await;
            stopping.graceful_shutdown(Some(grace));
        });
        let app = self.app.into_make_service_with_connect_info::<SocketAddr>();
        self.listener.set_nonblocking(true)?;
        // What is accepted has this of the listener: keystrokes through a tunnel wait for no more bytes.
        rustix::net::sockopt::set_tcp_nodelay(&self.listener, true)?;
        match self.certificate {
            None => axum_server::from_tcp(self.listener)?.handle(handle).serve(app).await,
            Some(certificate) => {
                let acceptor = certificate.acceptor();
                tokio::spawn(certificate.renew());
                axum_server::from_tcp_rustls(self.listener, acceptor)?
                    .handle(handle)
                    .serve(app)
                    .await
            }
        }
    }
}
