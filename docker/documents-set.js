// Makes the document store a replica set of one, because retryable writes and transactions need a set.
// Runs at every start; a set that is there is left as it is. Ends once there is a primary: the driver waits
// for one by itself, up to serverSelectionTimeoutMS.
const password = require("fs").readFileSync("/run/secrets/mongodb_password", "utf8").trim();

function connected(options) {
  const admin = new Mongo(`mongodb://documents:27017/?${options}`).getDB("admin");
  admin.auth("streaming", password);
  return admin;
}

const server = connected("directConnection=true");
if (!server.hello().setName) {
  const members = [{ _id: 0, host: "documents:27017" }];
  server.runCommand({ replSetInitiate: { _id: "streaming", members } });
}
const set = connected("replicaSet=streaming&serverSelectionTimeoutMS=30000");
if (set.runCommand({ ping: 1 }, { readPreference: "primary" }).ok !== 1) {
  throw new Error("the replica set has no primary: see the log of the service documents");
}
print("the replica set has a primary");
