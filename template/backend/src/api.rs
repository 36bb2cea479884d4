//! What the page can ask.

use std::time::Instant;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::vm::Vm;

/// Every route. Add yours here.
pub fn router() -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/vm", get(vm))
        .fallback(unknown)
        .layer(middleware::from_fn(log))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

async fn vm() -> Result<Json<Vm>, Failure> {
    // The kernel answers these reads from memory, so they need no thread of their own.
    match Vm::read() {
        Ok(vm) => Ok(Json(vm)),
        Err(error) => {
            tracing::error!("{error:#}");
            Err(Failure {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                message: format!("{error:#}"),
            })
        }
    }
}

async fn unknown(request: Request) -> Failure {
    let message = format!("there is no {} {}", request.method(), request.uri().path());
    Failure {
        status: StatusCode::NOT_FOUND,
        message,
    }
}

/// An answer that tells a person what went wrong.
struct Failure {
    status: StatusCode,
    message: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            message: String,
        }
        (
            self.status,
            Json(Body {
                message: self.message,
            }),
        )
            .into_response()
    }
}

async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    tracing::info!(%method, path, status, elapsed = ?start.elapsed(), "request");
    response
}
