/**
 * The nonce by which the server allows this page's own <style> elements (`style-src 'self' 'nonce-…'`). The
 * server writes it into index.html on each request; without a server (development, tests) there is none.
 */
export function styleNonce(): string {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
  return nonce === "__CSP_NONCE__" ? "" : nonce;
}
