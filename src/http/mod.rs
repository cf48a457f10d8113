//! The small hyper server: router, respond, sse, limits. It knows no page.
