namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Small data sets of messages, held in memory: identifiers of queries, lists of references. Objects never come this
/// way.</summary>
internal static class MessageDataset
{
    /// <summary>Longest one taken, bytes: references to some 100 000 instances fit.</summary>
    public const int Longest = 16 * 1024 * 1024;

    private static readonly DicomReadLimits Limits = new() { Items = 1_000_000, LongestValue = Longest };

    /// <summary>Reads the data set that follows a command.</summary>
    /// <param name="channel">Where it comes from; stands behind the data set afterwards, also when that is not readable.</param>
    /// <param name="context">Of the command; tells the transfer syntax.</param>
    /// <param name="what">How errors call it.</param>
    /// <exception cref="DicomFormatException">The bytes are no data set of the syntax agreed on.</exception>
    /// <exception cref="DicomNetworkException">It is longer than <see cref="Longest"/>, and the association was aborted; or that is
    /// over.</exception>
    public static async Task<DicomDataset> ReadAsync(DimseChannel channel, AcceptedContext context, string what)
    {
        using MemoryStream bytes = new();
        while (true)
        {
            PdvHead head = await channel.NextDatasetPdvAsync(context);
            if (bytes.Length + head.Length > Longest)
                throw await channel.Upper.RefuseAsync(new InvalidPduException(AbortReason.InvalidPduParameterValue,
                    $"{what} of more than {Longest} bytes"));
            while (channel.Upper.PdvLeft > 0) bytes.Write((await channel.Upper.ReadPdvChunkAsync()).Span);
            if (head.IsLast) break;
        }

        bytes.Position = 0;
        return new DicomReader(bytes, what, limits: Limits).ReadDataset(context.TransferSyntax);
    }

    public static byte[] Write(DicomDataset dataset, DicomTransferSyntax syntax)
    {
        using MemoryStream bytes = new();
        new DicomWriter(bytes, syntax).Write(dataset);
        return bytes.ToArray();
    }
}
