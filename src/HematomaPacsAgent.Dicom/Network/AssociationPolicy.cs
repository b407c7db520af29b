namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Whom a listener serves, and with what.</summary>
public sealed record AssociationPolicy
{
    /// <summary>AE titles that we answer to; null means any. Compared exactly, case included (PS3.8 §9.3.2: titles are case sensitive).</summary>
    public IReadOnlySet<string>? CalledAeTitles { get; init; }

    /// <summary>AE titles that may call; null means any.</summary>
    public IReadOnlySet<string>? CallingAeTitles { get; init; }

    /// <summary>SOP classes accepted: by default verification and every storage SOP class.</summary>
    public IReadOnlySet<string> AbstractSyntaxes { get; init; } = Verification;

    /// <summary>Transfer syntaxes accepted. Explicit, then implicit VR little endian come first whatever the order; the rest as listed.</summary>
    public IReadOnlyList<string> TransferSyntaxes
    {
        get;
        init => (field, TransferSyntaxesByPreference) = (value, ByPreference(value));
    } = Native;

    /// <summary>Associations open at once, over all peers; one more is refused for now (local limit exceeded).</summary>
    public int MaxAssociations { get; init; } = 100;

    /// <summary>The order of choice where a peer leaves it to us: what needs no decoding first.</summary>
    internal IReadOnlyList<string> TransferSyntaxesByPreference { get; private init; } = Native;

    private static IReadOnlySet<string> Verification { get; } = new HashSet<string> { "1.2.840.10008.1.1" };

    private static IReadOnlyList<string> Native { get; } = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"];

    private static IReadOnlyList<string> ByPreference(IReadOnlyList<string> allowed) =>
        [.. Native.Where(allowed.Contains), .. allowed.Where(syntax => !Native.Contains(syntax))];
}
