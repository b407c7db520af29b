using System.Text;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Who we say we are when we ask for an association: a user name, with or without a passcode. Never logged; sent in clear unless
/// the connection is encrypted.</summary>
/// <remarks>PS3.7 §D.3.3.7, types 1 and 2</remarks>
public sealed class UserCredentials
{
    /// <param name="userName">Not empty.</param>
    /// <param name="passcode">Null offers the name alone.</param>
    public UserCredentials(string userName, string? passcode = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(userName);
        (UserName, Passcode) = (userName, passcode);
    }

    public string UserName { get; }

    public string? Passcode { get; }

    /// <summary>Whether the peer shall confirm that it took note; see <see cref="ScuAssociation.IdentityConfirmed"/>. A peer that knows no
    /// user identity stays silent on it and accepts all the same.</summary>
    public bool ResponseRequested { get; init; } = true;

    public override string ToString() => "user credentials";

    internal UserIdentity ToItem() => new(Passcode is null ? (byte)1 : (byte)2, ResponseRequested, Encoding.UTF8.GetBytes(UserName),
        Encoding.UTF8.GetBytes(Passcode ?? ""));
}
