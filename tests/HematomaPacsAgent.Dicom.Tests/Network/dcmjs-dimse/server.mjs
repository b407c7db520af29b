// An SCP of dcmjs-dimse. Arguments: port. Prints one JSON object a line for what it sees.
import net from 'node:net';
import dimse from 'dcmjs-dimse';

// The library knows no address to bind to: this machine only.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function listenHere(port) {
  return listen.call(this, port, '127.0.0.1');
};

const { Dataset, Server, Scp } = dimse;
const { CEchoResponse, CFindResponse, CStoreResponse, NActionResponse } = dimse.responses;
const { Status, PresentationContextResult, RejectResult, RejectSource, RejectReason, TransferSyntax, UserIdentityType } = dimse.constants;

const say = (what) => console.log(JSON.stringify(what));

class Peer extends Scp {
  associationRequested(association) {
    say({
      event: 'association',
      calling: association.getCallingAeTitle(),
      called: association.getCalledAeTitle(),
      classUid: association.getImplementationClassUid(),
      version: association.getImplementationVersion(),
      identityType: association.getNegotiateUserIdentity() ? association.getUserIdentityType() : 0,
    });
    if (association.getNegotiateUserIdentity()) {
      const known = association.getUserIdentityType() === UserIdentityType.UsernameAndPasscode
        && association.getUserIdentityPrimaryField() === 'agent' && association.getUserIdentitySecondaryField() === 'open sesame';
      if (!known) {
        this.sendAssociationReject(RejectResult.Permanent, RejectSource.ServiceUser, RejectReason.NoReasonGiven);
        return;
      }
      association.setUserIdentityServerResponse('');
      association.setNegotiateUserIdentityServerResponse(true);
    }
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      const syntax = context.getTransferSyntaxUids()
        .find((uid) => uid === TransferSyntax.ImplicitVRLittleEndian || uid === TransferSyntax.ExplicitVRLittleEndian);
      if (syntax) context.setResult(PresentationContextResult.Accept, syntax);
      else context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
    }
    this.sendAssociationAccept();
  }

  cEchoRequest(request, callback) {
    const response = CEchoResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  cStoreRequest(request, callback) {
    const dataset = request.getDataset();
    say({ event: 'store', instance: dataset.getElement('SOPInstanceUID'), bytes: dataset.getElement('PixelData')[0].byteLength });
    const response = CStoreResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  cFindRequest(request, callback) {
    const level = request.getDataset().getElement('QueryRetrieveLevel');
    const matches = [1, 2, 3].map((number) => {
      const match = CFindResponse.fromRequest(request);
      match.setDataset(new Dataset({ QueryRetrieveLevel: level, StudyInstanceUID: `1.2.${number}` }));
      match.setStatus(Status.Pending);
      return match;
    });
    const last = CFindResponse.fromRequest(request);
    last.setStatus(Status.Success);
    callback([...matches, last]);
  }

  cCancelRequest(request) {
    say({ event: 'cancel', message: request.getMessageIdBeingRespondedTo() });
  }

  nActionRequest(request, callback) {
    const dataset = request.getDataset();
    say({
      event: 'action',
      type: request.getActionTypeId(),
      sopClass: request.getRequestedSopClassUid(),
      instance: request.getRequestedSopInstanceUid(),
      transaction: dataset.getElement('TransactionUID'),
      references: dataset.getElement('ReferencedSOPSequence').map((item) => item.ReferencedSOPInstanceUID),
    });
    const response = NActionResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  associationReleaseRequested() {
    say({ event: 'released' });
    this.sendAssociationReleaseResponse();
  }
}

const server = new Server(Peer);
server.on('networkError', (error) => say({ event: 'error', message: error.message }));
server.listen(Number(process.argv[2]));
