/* Keeps what a page was asked for when its language is changed: filters go into the address
 * without the frame, and with it the link, being drawn anew.
 */
document.addEventListener("click", (event) => {
  const link = event.target.closest(".account a[lang]");
  if (!link) return;
  const address = new URL(window.location.href);
  address.searchParams.set("lang", new URL(link.href).searchParams.get("lang"));
  link.href = address.href;
});
