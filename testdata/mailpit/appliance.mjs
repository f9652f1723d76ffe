// An appliance of its own for the tests: the binary that POSTERN names, on a fresh data directory and a port that the system chooses.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

export async function startAppliance() {
  const dir = await mkdtemp(join(tmpdir(), "postern-mailpit-"));
  const env = { ...process.env, POSTERN_DATA: dir, POSTERN_LISTEN: "127.0.0.1:0", POSTERN_LOG_FORMAT: "json" };
  const served = spawn(process.env.POSTERN, ["serve"], { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(served, "exit");
  const url = await new Promise((resolve, reject) => {
    served.on("error", reject);
    ended.then(() => reject(new Error("the appliance does not start")));
    createInterface(served.stderr).on("line", (line) => {
      const said = JSON.parse(line);
      if (said.message === "listening") resolve(said.publicUrl);
    });
  });
  const command = async (...words) => (await promisify(execFile)(process.env.POSTERN, words, { env })).stdout.trim();
  await command("plan", "add", "SYN-EN", "--client", "SynthOffice", "--language", "EN");
  const token = await command("partner", "add", "payroll");
  return { url, command, token, async stop() {
    served.kill("SIGTERM");
    await ended;
    await rm(dir, { recursive: true });
  } };
}

// call posts JSON, or gets where there is none, and gives the JSON that comes back; anything but a 2xx is an error.
export async function call(url, body, headers = {}) {
  const request = body ? { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } } : { headers };
  const answer = await fetch(url, request);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
