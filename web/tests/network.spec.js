/**
 * A network that breaks at the worst moment, and a session that ends meanwhile: everything arrives, and once.
 */
import { CUT, expect, newPerson, or, test } from "./support/fixtures.js";
import { Server } from "./support/server.js";
import { mark, picture, SENT, Someone, WAITS } from "./support/someone.js";
import { Wire } from "./support/wire.js";

/** A request that changes something is sent again after its back-off: some seconds, once it was cut. */
const PATIENCE = { timeout: 30_000 };

for (const way of /** @type {const} */ (["there", "back"])) {
  test.describe(`the network is cut on the way ${way}`, () => {
    test.use({ allowed: CUT });

    test("at every stage of a post with a picture, which arrives once", async ({ newContext, site, api }) => {
      test.setTimeout(180_000);
      const wire = await Wire.open(site);
      const context = await newContext(wire.url);
      const ada = new Someone(await context.newPage(), newPerson());
      await ada.signUp();
      const cut = [];
      for (let stage = 1; ; stage += 1) {
        wire.cutAt(stage, way);
        const text = `cut at stage ${stage}.`;
        await ada.post(text, [picture(stage)]);
        await expect(mark(ada.row(text), SENT)).toBeVisible(PATIENCE);
        if (!wire.cut) break;
        cut.push(wire.cut.replace(/(upl_|post_)\w+/, "…"));
      }
      // The picture is announced, its bytes go, the post goes.
      expect(cut).toEqual(["POST /v1/uploads", "PATCH /v1/uploads/…", "POST /v1/posts"]);
      const there = await api.signIn(ada.person);
      const { items } = await there.get(`/v1/users/${there.account.id}/posts`);
      const found = items.map((/** @type {any} */ post) => [post.text, post.media.length]).reverse();
      expect(found).toEqual([1, 2, 3, 4].map((stage) => [`cut at stage ${stage}.`, 1]));
      await context.close();
      wire.close();
    });
  });
}

test.describe("a token that expired while there was no network", () => {
  // The first answer says so, and the browser notes each such answer.
  test.use({ allowed: or(CUT, /the server responded with a status of 401/) });

  test("is renewed, and what waits arrives", async ({ page, context }) => {
    const server = await Server.start();
    const ada = new Someone(page, newPerson());
    await ada.signUp(server.url);
    await ada.goOffline();
    await ada.post("written with an old token");
    await expect(mark(ada.row("written with an old token"), WAITS)).toBeVisible();
    await server.stop();
    await server.start({ later: "+20m" });
    const renewed = context.waitForEvent("response", (response) => new URL(response.url()).pathname === "/v1/sessions/refresh");
    await ada.goOnline();
    await expect(mark(ada.row("written with an old token"), SENT)).toBeVisible(PATIENCE);
    expect((await renewed).status()).toBe(200);
    await page.close();
    await server.remove();
  });
});
