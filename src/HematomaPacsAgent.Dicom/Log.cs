using System.Net;
using HematomaPacsAgent.Dicom.Network;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom;

/// <summary>Every log line of this project, ids 1000 to 1999. AE titles, addresses and UIDs; never a patient's name or id.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "DICOM listener on {EndPoint}")]
    public static partial void Listening(ILogger logger, IPEndPoint endPoint);

    [LoggerMessage(1001, LogLevel.Information, "DICOM listener on {EndPoint} stopped after {Connections} connections")]
    public static partial void Stopped(ILogger logger, IPEndPoint endPoint, long connections);

    [LoggerMessage(1002, LogLevel.Information,
        "association {Number} accepted: {CallingAeTitle} to {CalledAeTitle} from {Remote}, {Accepted} of {Proposed} presentation contexts")]
    public static partial void AssociationAccepted(ILogger logger, long number, string callingAeTitle, string calledAeTitle,
        IPEndPoint remote, int accepted, int proposed);

    [LoggerMessage(1003, LogLevel.Warning, "association refused: {CallingAeTitle} to {CalledAeTitle} from {Remote}: {Why}")]
    public static partial void AssociationRejected(ILogger logger, string callingAeTitle, string calledAeTitle, IPEndPoint remote,
        string why);

    [LoggerMessage(1004, LogLevel.Information, "association {Number} of {CallingAeTitle} over, {Stored} instances kept: {How}")]
    public static partial void AssociationClosed(ILogger logger, long number, string callingAeTitle, int stored, string how);

    [LoggerMessage(1005, LogLevel.Information, "connection from {Remote} came to no association: {How}")]
    public static partial void ConnectionFailed(ILogger logger, IPEndPoint remote, string how);

    [LoggerMessage(1006, LogLevel.Error, "association {Number} from {Remote} failed by our fault")]
    public static partial void AssociationFailed(ILogger logger, Exception cause, long number, IPEndPoint remote);

    [LoggerMessage(1007, LogLevel.Error, "association {Number}: storing instance {SopInstanceUid} failed")]
    public static partial void StoreFailed(ILogger logger, Exception cause, long number, string sopInstanceUid);

    [LoggerMessage(1008, LogLevel.Warning, "association {Number}: instance {SopInstanceUid} refused with {Status}")]
    public static partial void StoreRefused(ILogger logger, long number, string sopInstanceUid, DicomStatus status);

    [LoggerMessage(1009, LogLevel.Error, "a connection could not be accepted")]
    public static partial void AcceptFailed(ILogger logger, Exception cause);

    [LoggerMessage(1060, LogLevel.Information, "DICOM listener for TLS on {EndPoint}, client certificate {ClientCertificate}")]
    public static partial void ListeningTls(ILogger logger, IPEndPoint endPoint, ClientCertificate clientCertificate);

    [LoggerMessage(1061, LogLevel.Information, "certificate {File} ({Subject}) is in use; it expires on {NotAfter:yyyy-MM-dd}")]
    public static partial void CertificateLoaded(ILogger logger, string file, string subject, DateTime notAfter);

    [LoggerMessage(1062, LogLevel.Error, "the certificate was changed and the old one stays in use, until {NotAfter:yyyy-MM-dd}: {Why}")]
    public static partial void CertificateNotReloaded(ILogger logger, string why, DateTime notAfter);

    [LoggerMessage(1063, LogLevel.Warning,
        "certificate {File} expires on {NotAfter:yyyy-MM-dd}, {Days} days from now: replace the file, it is read without a restart")]
    public static partial void CertificateExpires(ILogger logger, string file, DateTime notAfter, double days);

    [LoggerMessage(1064, LogLevel.Warning, "a connection from {Remote} was closed at once: {Why}; {Unsaid} more since the last such line")]
    public static partial void TooManyConnections(ILogger logger, IPEndPoint remote, string why, int unsaid);

    [LoggerMessage(1065, LogLevel.Warning, "{Why}")]
    public static partial void HandshakeFailed(ILogger logger, string why);

    [LoggerMessage(1066, LogLevel.Warning,
        "Dicom:Peers is empty: every caller will be refused; the refusal's line names what to add, or let anyone call with \"*\"")]
    public static partial void NoPeers(ILogger logger);

    [LoggerMessage(1020, LogLevel.Information,
        "association with {Remote} as {CallingAeTitle}: {Accepted} of {Proposed} presentation contexts")]
    public static partial void AssociationOpened(ILogger logger, RemoteAe remote, string callingAeTitle, int accepted, int proposed);

    [LoggerMessage(1021, LogLevel.Debug, "instance {SopInstanceUid} to {Remote}: {Status}")]
    public static partial void Sent(ILogger logger, string sopInstanceUid, RemoteAe remote, DicomStatus status);

    [LoggerMessage(1040, LogLevel.Information, "{Remote} took the request for storage commitment {Transaction} of {Count} instances")]
    public static partial void CommitmentAsked(ILogger logger, RemoteAe remote, string transaction, int count);

    [LoggerMessage(1041, LogLevel.Warning, "the association that awaits storage commitment {Transaction} was lost: {Why}")]
    public static partial void CommitmentAssociationLost(ILogger logger, string transaction, string why);

    [LoggerMessage(1042, LogLevel.Information,
        "storage commitment {Transaction} reported by {Peer}: {Committed} instances kept, {Failed} not{Remark}")]
    public static partial void CommitmentReceived(ILogger logger, string transaction, string peer, int committed, int failed,
        string remark);

    [LoggerMessage(1043, LogLevel.Warning, "{Peer} sent a storage commitment message that is not readable: {Why}")]
    public static partial void CommitmentUnreadable(ILogger logger, string peer, string why);

    [LoggerMessage(1044, LogLevel.Information,
        "association {Number}: {CallingAeTitle} requests storage commitment {Transaction} of {Count} instances")]
    public static partial void CommitmentRequested(ILogger logger, long number, string callingAeTitle, string transaction, int count);

    [LoggerMessage(1045, LogLevel.Information, "storage commitment {Transaction} reported to {Peer}: {Status}")]
    public static partial void CommitmentReported(ILogger logger, string transaction, string peer, DicomStatus status);

    [LoggerMessage(1046, LogLevel.Warning, "storage commitment {Transaction} could not be reported to {Peer}: {Why}")]
    public static partial void CommitmentUndelivered(ILogger logger, string transaction, string peer, string why);

    [LoggerMessage(1047, LogLevel.Error, "whether instance {SopInstanceUid} is kept could not be told")]
    public static partial void CommitmentCheckFailed(ILogger logger, Exception cause, string sopInstanceUid);
}
