// Moves the token of an auditor link from the URL's fragment, which is never sent to a server, into the page's form.
const code = location.hash.slice(1);
if (code) {
  const field = document.querySelector("#audit-link input[name=token]");
  field.value = code;
  field.parentElement.hidden = true;
  history.replaceState(null, "", location.pathname);
}
