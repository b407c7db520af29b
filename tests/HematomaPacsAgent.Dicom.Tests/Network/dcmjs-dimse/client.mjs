// SCU requests of dcmjs-dimse, sent ahead of their responses where the peer grants it, under a user's name and passcode.
// Arguments: port, called AE title, files to store. Prints one JSON object a line for each response.
import dimse from 'dcmjs-dimse';

const { Client } = dimse;
const { CEchoRequest, CStoreRequest } = dimse.requests;

const [port, called, ...files] = process.argv.slice(2);
const client = new Client();
for (const [name, request] of [['echo', new CEchoRequest()], ...files.map((file) => ['store', new CStoreRequest(file)])]) {
  request.on('response', (response) => console.log(JSON.stringify({ event: name, status: response.getStatus() })));
  client.addRequest(request);
}
client.on('associationAccepted', (association) => console.log(JSON.stringify({
  event: 'accepted',
  classUid: association.getImplementationClassUid(),
  version: association.getImplementationVersion(),
  window: association.getMaxAsyncOpsInvoked(),
  identityConfirmed: association.getNegotiateUserIdentityServerResponse(),
})));
client.on('networkError', (error) => console.log(JSON.stringify({ event: 'error', message: error.message })));
client.on('associationReleased', () => console.log(JSON.stringify({ event: 'released' })));
client.send('127.0.0.1', Number(port), 'DCMJS', called, {
  asyncOps: { maxAsyncOpsInvoked: 4, maxAsyncOpsPerformed: 1 },
  userIdentity: {
    type: dimse.constants.UserIdentityType.UsernameAndPasscode,
    positiveResponseRequested: true,
    primaryField: 'modality',
    secondaryField: 'open sesame',
  },
});
