// npm's mailpit-api, made for Mailpit, against the built-in inbox: each of its calls.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { MailpitClient } from "mailpit-api";
import { call, startAppliance } from "./appliance.mjs";

const cleaning = "00000000-0000-4000-8000-000000000001";
let postern, mailpit;

before(async () => {
  postern = await startAppliance();
  await postern.command("cleaning", "add", process.env.CLEANINGS);
  mailpit = new MailpitClient(postern.url + "/inbox");
});
after(() => postern?.stop());

// Each test has letters to nobody but its own people.
let round = 0;
const address = (name) => `${name}.${round}@example.org`;
beforeEach(async () => {
  round++;
  await mailpit.deleteMessages();
});

// invite registers a biker, who gets a welcome letter.
const invite = (name) => call(postern.url + "/receiver/APIv3/user.create",
  { user: { BikePlanCode: "SYN-EN", FirstName: name, LastName: "Claes", Email: address(name), Language: "EN" } },
  { Authorization: `Bearer ${postern.token}` });

// register makes an eECD user, who gets a letter with a link.
const register = (name) => call(postern.url + "/non-license-user/register",
  { email: address(name), firstName: name, lastName: "Peeters", organisationName: "Synth", cleaningId: cleaning });

// mailDocument has a user's letter with a PDF sent.
async function mailDocument(name) {
  await register(name);
  const { Text } = await mailpit.waitForMessage({ query: `to:${address(name)}` });
  const { UserToken } = await call(postern.url + "/non-license-user/activate", { ConfirmationToken: /token=([\w-]+)/.exec(Text)[1] });
  await call(`${postern.url}/non-license-user/cleanings/${cleaning}/email`, null, { "X-NALLIAN-TOKEN": UserToken });
  return mailpit.waitForMessage({ query: `to:${address(name)} has:attachment` });
}

// settled waits for letters to be there.
const settled = (count) => mailpit.waitForMessages({ count, exact: true });
const to = (list) => list.messages.map((m) => m.To[0].Address.split(".")[0]).join(" ");

// The members that Mailpit documents, each with its type; a list has elements of the one that it shows.
const person = { Address: "string", Name: "string" };
const file = { PartID: "string", FileName: "string", ContentType: "string", ContentID: "string", Size: "number",
  Checksums: { MD5: "string", SHA1: "string", SHA256: "string" } };
const common = { ID: "string", MessageID: "string", From: person, To: [person], Cc: [person], Bcc: [person], ReplyTo: [person],
  Subject: "string", Size: "number", Tags: ["string"], Username: "string" };
const item = { ...common, Read: "boolean", Created: "string", Attachments: "number", Snippet: "string" };
const letter = { ...common, Date: "string", ReturnPath: "string", Text: "string", HTML: "string", Attachments: [file], Inline: [file],
  ListUnsubscribe: { Header: "string", Links: ["string"], Errors: "string", HeaderPost: "string" } };
const list = { total: "number", unread: "number", count: "number", messages_count: "number", messages_unread: "number", start: "number",
  tags: ["string"], messages: [item] };

function shaped(value, shape, path = "") {
  if (typeof shape === "string") return assert.equal(typeof value, shape, path);
  if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value), `${path} is no list`);
    return value.forEach((v, i) => shaped(v, shape[0], `${path}[${i}]`));
  }
  assert.ok(value && typeof value === "object", `${path} is ${value}`);
  for (const name of Object.keys(shape)) shaped(value[name], shape[name], `${path}.${name}`);
}

test("lists, newest first", async () => {
  for (const name of ["ann", "bob", "cy"]) {
    await invite(name);
    await mailpit.waitForMessage({ query: `to:${address(name)}` });
  }
  const all = await settled(3);
  shaped(all, list);
  assert.equal(to(all), "cy bob ann");
  const part = await mailpit.listMessages(1, 1);
  assert.deepEqual([to(part), part.start, part.count, part.total, part.messages_count], ["bob", 1, 1, 3, 3]);
  assert.equal(to(await mailpit.listMessages(3)), "");
});

test("searches", async () => {
  await invite("ann");
  await register("bob");
  await mailDocument("cy");
  await settled(4);
  const minute = 60_000;
  const day = (ms) => new Date(ms).toISOString();
  for (const [query, found] of Object.entries({
    [`to:${address("ann")}`]: 1, "to:ANN": 1, "to:ann to:bob": 0, "from:postern": 4, "from:nobody": 0, "subject:welcome": 1,
    'subject:"confirm your"': 2, 'subject:"your confirm"': 0, "-to:cy": 2, "!to:cy subject:confirm": 1, "has:attachment": 1, "is:unread to:ann": 1,
    "addressed:bob": 1, Hello: 4, "hello -to:ann": 3, "message-id:@localhost": 4, "larger:10k": 1, "tag:any": 0,
    [`after:${day(Date.now() - minute)}`]: 4, [`after:${Date.now() + minute}`]: 0, [`before:${day(Date.now() + minute)} to:ann`]: 1,
  })) {
    const got = await mailpit.searchMessages({ query });
    shaped(got, list);
    assert.equal(got.messages_count, found, query);
  }
  const page = await mailpit.searchMessages({ query: "from:postern", start: 2, limit: 1, tz: "UTC" });
  assert.deepEqual([page.start, page.count, page.messages_count, page.total], [2, 1, 4, 4]);
  assert.equal((await mailpit.waitForMessages({ query: "to:cy", count: 2 })).messages_count, 2);
  await assert.rejects(mailpit.searchMessages({ query: "" }), /400/);
  await assert.rejects(mailpit.waitForMessage({ query: "to:nobody" }, { timeout: 200, interval: 50 }), /Timeout/);
});

test("reads a letter", async () => {
  const sent = await mailDocument("ann");
  shaped(sent, letter);
  assert.equal(sent.To[0].Address, address("ann"));
  assert.match(sent.Text, /SYN-BE-000001/);
  assert.match(sent.HTML, /^<!doctype html>/i);
  assert.deepEqual(await mailpit.getMessageSummary(), sent);
  assert.deepEqual((await mailpit.getMessageHeaders(sent.ID)).Subject, [sent.Subject]);
  assert.deepEqual(await mailpit.getMessageHeaders(), await mailpit.getMessageHeaders(sent.ID));
  const source = await mailpit.getMessageSource();
  assert.equal(source.length, sent.Size);
  assert.match(source, /^[\w-]+: .*\r\n/);
  assert.equal(await mailpit.renderMessageHTML(), sent.HTML);
  assert.match(await mailpit.renderMessageHTML(sent.ID, 1), /<base target="_blank">/);
  assert.equal(await mailpit.renderMessageText(), sent.Text);

  const [pdf] = sent.Attachments;
  const blob = await mailpit.getMessageAttachment("latest", pdf.PartID);
  const content = Buffer.from(await blob.arrayBuffer());
  assert.deepEqual([pdf.FileName, blob.type, content.length], ["eecd-SYN-BE-000001.pdf", "application/pdf", pdf.Size]);
  for (const kind of ["MD5", "SHA1", "SHA256"]) {
    assert.equal(createHash(kind).update(content).digest("hex"), pdf.Checksums[kind], kind);
  }
});

test("marks as read", async () => {
  await invite("ann");
  await invite("bob");
  const { messages: [{ ID }] } = await settled(2);
  const unread = async (count) => assert.equal((await mailpit.listMessages()).messages_unread, count);
  await unread(2);
  await mailpit.getMessageSummary(ID);
  await unread(1);
  assert.equal(await mailpit.setReadStatus(), "ok");
  await unread(2);
  await mailpit.setReadStatus({ IDs: [ID], Read: true });
  await unread(1);
  await mailpit.setReadStatus({ Search: "from:postern", Read: true }, { tz: "UTC" });
  await unread(0);
  await mailpit.setReadStatus({ IDs: [ID] });
  await unread(1);
  await mailpit.setReadStatus({ Read: true });
  await unread(0);
});

test("deletes", async () => {
  for (const name of ["ann", "bob", "cy", "dee"]) await invite(name);
  const { messages } = await settled(4);
  assert.equal(await mailpit.deleteMessages({ IDs: [messages[0].ID, "unknown"] }), "ok");
  await settled(3);
  const [kept, gone] = messages.slice(1).map((m) => m.To[0].Address);
  assert.equal(await mailpit.deleteMessagesBySearch({ query: `to:${gone}` }), "ok");
  await settled(2);
  await assert.rejects(mailpit.deleteMessagesBySearch({ query: "to:" }), /400/);
  assert.equal((await mailpit.searchMessages({ query: `to:${kept}` })).messages_count, 1);
  await assert.rejects(mailpit.getMessageSummary(messages[0].ID), /404/);
  assert.equal(await mailpit.deleteMessages(), "ok");
  await settled(0);
  for (const read of ["getMessageSummary", "getMessageHeaders", "getMessageSource", "renderMessageHTML", "renderMessageText"]) {
    await assert.rejects(mailpit[read](), /404/, read);
  }
});

test("tells about itself", async () => {
  await invite("ann");
  await settled(1);
  const info = await mailpit.getInfo();
  assert.deepEqual([info.Messages, info.Unread, info.Tags], [1, 1, {}]);
  assert.ok(info.DatabaseSize > 1000);
  const can = await mailpit.getConfiguration();
  assert.deepEqual([can.MessageRelay.Enabled, can.SpamAssassin, can.ChaosEnabled], [false, false, false]);
  assert.deepEqual(await mailpit.getTags(), []);
});

test("says what it does not do", async () => {
  await invite("ann");
  const { messages: [{ ID }] } = await settled(1);
  for (const [name, ...words] of [
    ["sendMessage", { From: { Email: "a@example.org" }, To: [{ Email: "b@example.org" }] }], ["releaseMessage", ID, { To: ["b@example.org"] }],
    ["getAttachmentThumbnail", ID, "1"], ["htmlCheck", ID], ["linkCheck", ID], ["spamAssassinCheck", ID],
    ["setTags", { IDs: [ID], Tags: ["x"] }], ["renameTag", "x", "y"], ["deleteTag", "x"], ["getChaosTriggers"], ["setChaosTriggers"],
  ]) {
    await assert.rejects(mailpit[name](...words), /501 Not Implemented.*This inbox/, name);
  }
});
