// The embedding page: requests assertions from its own back end, and keeps the frame's route in its URL.

import { embedVmManagement } from "./parent.js";

const place = document.getElementById("vm-management");
const signOut = document.getElementById("sign-out");

/** The session cookie identifies the user. The back end accepts this request from its own origin only. */
async function assertion(nonce) {
  const answer = await fetch("/vmm/assertion", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ nonce }),
  });
  if (!answer.ok) throw new Error(`no assertion (${answer.status})`);
  return (await answer.json()).assertion;
}

const embedded = embedVmManagement({
  portal: place.dataset.portal,
  place,
  route: new URLSearchParams(location.search).get("route") ?? "/",
  assertion,
  onRoute: (path) => history.replaceState(null, "", `/vm-management?route=${encodeURIComponent(path)}`),
  onTitle: (title) => (document.title = `${title} · Manage portal`),
});

signOut.addEventListener("submit", async (event) => {
  event.preventDefault();
  await embedded.end();
  signOut.submit();
});
