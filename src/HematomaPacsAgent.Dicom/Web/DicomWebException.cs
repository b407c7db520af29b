using System.Net;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>A DICOMweb server that cannot be reached, refuses, or answers what is no DICOMweb. The message names server, cause and
/// remedy; never a query, which may hold a patient's name.</summary>
public sealed class DicomWebException : IOException
{
    public DicomWebException(string message, Exception? cause = null) : base(message, cause) { }

    /// <summary>Null when no answer came.</summary>
    public HttpStatusCode? Status { get; init; }

    internal static DicomWebException From(HttpStatusCode status, string server, string what) =>
        new($"{server} answered {(int)status} to {what}: {Remedy(status)}") { Status = status };

    private static string Remedy(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => "the user name, password or token is missing or wrong",
        HttpStatusCode.Forbidden => "this user may not do that there; ask its administrator for the right",
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest =>
            "it sends us elsewhere, often from http to https or to a login page; give the address that it sends to",
        HttpStatusCode.NotFound =>
            "there is no such thing, or the address is not that of its DICOMweb service (often https://host/dicom-web)",
        HttpStatusCode.RequestEntityTooLarge => "the request is larger than the server takes; send fewer instances at once",
        HttpStatusCode.UnsupportedMediaType => "it does not take this kind of object or transfer syntax",
        HttpStatusCode.NotAcceptable => "it cannot answer in DICOM JSON or DICOM",
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => "it is busy; try again later",
        HttpStatusCode.Conflict => "it took none of the instances",
        >= HttpStatusCode.InternalServerError => "it failed; its log may tell why",
        _ => "it refused the request",
    };
}
