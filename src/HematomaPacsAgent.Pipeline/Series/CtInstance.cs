using System.Globalization;
using System.Numerics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>What series selection and volume building need of one image plane, an image of its own or a frame of a multi-frame image: read from
/// the header, pixel data left on disk.</summary>
internal sealed class CtInstance
{
    private const float Parallel = 0.9999f; // about 0.8 degrees

    /// <summary>Further away no scanner's table reaches; single precision still tells slices apart here.</summary>
    private const double MostMm = 1e5;

    private const int LongestUid = 64;

    private readonly Lazy<DicomPixelData> pixels;
    private readonly string path;

    private CtInstance(Source source, DicomDataset header, int? frameNumber, string? obstacle)
    {
        (Header, FrameNumber, TransferSyntax, Obstacle) = (header, frameNumber, source.File.TransferSyntax, obstacle);
        (pixels, path) = (source.Pixels, source.Path);
        SeriesInstanceUid = Header.GetStringOrEmpty(DicomTag.SeriesInstanceUID);
        SopInstanceUid = Header.GetStringOrEmpty(DicomTag.SOPInstanceUID);
    }

    /// <summary>The plane's header; of a frame without the functional group sequences and without pixel data.</summary>
    public DicomDataset Header { get; }

    /// <summary>From 1; null for an image of its own.</summary>
    public int? FrameNumber { get; }

    public DicomTransferSyntax TransferSyntax { get; }
    public string SeriesInstanceUid { get; }
    public string SopInstanceUid { get; }
    private string FrameOfReferenceUid => Header.GetStringOrEmpty(DicomTag.FrameOfReferenceUID);

    /// <summary>Whether the pixel values went through a compression that loses detail, now or at any time before.</summary>
    public bool IsLossy => PixelDecoders.IsLossy(TransferSyntax) || Header.GetStringOrEmpty(DicomTag.LossyImageCompression) == "01";

    /// <summary>Whether they may have, and the data set does not say.</summary>
    public bool MayBeLossy => PixelDecoders.MayBeLossy(TransferSyntax)
        && Header.GetStringOrEmpty(DicomTag.LossyImageCompression) is not ("00" or "01");

    /// <summary>Why this image cannot be a slice of a head CT; null when it can.</summary>
    public string? Obstacle { get; }

    public int Rows { get; private init; }
    public int Columns { get; private init; }
    public double RowSpacingMm { get; private init; }
    public double ColumnSpacingMm { get; private init; }
    public double ThicknessMm { get; private init; }
    public Vector3 Origin { get; private init; }
    public Vector3 RowDirection { get; private init; }
    public Vector3 ColumnDirection { get; private init; }
    public Vector3 Normal => Vector3.Cross(RowDirection, ColumnDirection);
    public double PositionMm => Vector3.Dot(Origin, Normal);

    /// <summary>What a person calls the series: its number, or the end of its UID where it has none. Never its description, which may hold
    /// anything.</summary>
    public string SeriesName => Header.TryGetString(DicomTag.SeriesNumber, out string? number) && number.Length > 0
        ? $"series {number}" : $"series …{SeriesInstanceUid[Math.Max(0, SeriesInstanceUid.Length - 8)..]}";

    /// <summary>Images of one series that lie parallel on one grid can be one volume. Positions in different frames of reference do not compare.</summary>
    public bool StacksWith(CtInstance other) =>
        SeriesInstanceUid == other.SeriesInstanceUid && FrameOfReferenceUid == other.FrameOfReferenceUid && Rows == other.Rows && Columns == other.Columns &&
        Math.Abs(RowSpacingMm - other.RowSpacingMm) < 1e-3 && Math.Abs(ColumnSpacingMm - other.ColumnSpacingMm) < 1e-3 &&
        Vector3.Dot(RowDirection, other.RowDirection) > Parallel && Vector3.Dot(ColumnDirection, other.ColumnDirection) > Parallel;

    /// <summary>The plane's pixels as stored, little endian.</summary>
    /// <exception cref="DicomFormatException">They are damaged or truncated.</exception>
    public byte[] ReadPixels(CancellationToken cancellation)
    {
        try
        {
            return pixels.Value.GetFrame((FrameNumber ?? 1) - 1, cancellation);
        }
        catch (DicomFormatException damaged)
        {
            throw new DicomFormatException(LeftAside.Cause(path, damaged.Message), damaged);
        }
    }

    /// <summary>Reads one file's header: one plane, or one for each frame. Values that are missing or nonsense become an
    /// <see cref="Obstacle"/>, not an exception.</summary>
    /// <exception cref="DicomFormatException">The file is not readable as DICOM.</exception>
    public static IReadOnlyList<CtInstance> Read(string path, SeriesRules rules)
    {
        DicomFile file = DicomFile.Open(path);
        Source source = new(path, file,
            new Lazy<DicomPixelData>(() => new DicomPixelData(file.Dataset, file.TransferSyntax), LazyThreadSafetyMode.PublicationOnly));
        string? obstacle = HeaderRules.OfObject(file.Dataset) ?? FileObstacle(file);
        if (obstacle is not null) return [new CtInstance(source, file.Dataset, null, obstacle)];
        if (!HeaderRules.IsMultiFrame(file.Dataset.GetStringOrEmpty(DicomTag.SOPClassUID))) return [Plane(source, file.Dataset, null, rules)];
        (IReadOnlyList<DicomDataset> frames, string? unread) = EnhancedCt.Read(file.Dataset);
        return unread is not null ? [new CtInstance(source, file.Dataset, null, unread)]
            : [.. frames.Select((header, index) => Plane(source, header, index + 1, rules))];
    }

    private static string? FileObstacle(DicomFile file)
    {
        if (file.TransferSyntax.IsEncapsulated && PixelDecoders.Find(file.TransferSyntax) is null)
            return $"pixel data is compressed ({file.TransferSyntax.Name}), for which no decoder is here. Send it uncompressed";
        foreach (DicomTag tag in (DicomTag[])[DicomTag.StudyInstanceUID, DicomTag.SeriesInstanceUID, DicomTag.SOPInstanceUID, DicomTag.FrameOfReferenceUID])
            if (!file.Dataset.TryGetString(tag, out string? uid) || uid.Length == 0) return $"{DicomDictionary.Lookup(tag).Keyword} {tag} is missing";
            else if (uid.Length > LongestUid || !uid.All(character => char.IsAsciiDigit(character) || character == '.'))
                return $"{DicomDictionary.Lookup(tag).Keyword} {tag} is no UID: digits and dots, at most {LongestUid}";
        return file.Dataset.Contains(DicomTag.PixelData) ? null : $"{DicomDictionary.Lookup(DicomTag.PixelData).Keyword} {DicomTag.PixelData} is missing";
    }

    private static CtInstance Plane(Source source, DicomDataset header, int? frameNumber, SeriesRules rules)
    {
        double[] spacing = Numbers(header, DicomTag.PixelSpacing), origin = Numbers(header, DicomTag.ImagePositionPatient);
        double[] orientation = Numbers(header, DicomTag.ImageOrientationPatient), thickness = Numbers(header, DicomTag.SliceThickness);
        int rows = Whole(header, DicomTag.Rows), columns = Whole(header, DicomTag.Columns);
        string? obstacle = HeaderRules.OfImage(header, rules) ?? (
            Whole(header, DicomTag.SamplesPerPixel) != 1 || Whole(header, DicomTag.BitsAllocated) != 16 ? "not 16-bit greyscale" :
            Stored(header) is { } stored ? stored :
            rows is < 64 or > 4096 || columns is < 64 or > 4096 ? $"matrix of {columns} x {rows} is outside 64 to 4096" :
            spacing is not [> 0.05 and < 5, > 0.05 and < 5] ? "PixelSpacing (0028,0030) is missing or outside 0.05 to 5 mm" :
            origin is not [> -MostMm and < MostMm, > -MostMm and < MostMm, > -MostMm and < MostMm]
                ? "ImagePositionPatient (0020,0032) is missing or further than 100 m away" :
            orientation is not [_, _, _, _, _, _] ? "ImageOrientationPatient (0020,0037) is missing" :
            Numbers(header, DicomTag.RescaleSlope) is not [> 1e-4 and < 100] || Numbers(header, DicomTag.RescaleIntercept) is not [> -1e5 and < 1e5]
                ? "RescaleSlope (0028,1053) or RescaleIntercept (0028,1052) is missing or absurd: its values are not Hounsfield units" :
            header.GetStringOrEmpty(DicomTag.RescaleType) is not ("" or "HU") ? "RescaleType (0028,1054) is not HU" :
            thickness is not [> 0] || thickness[0] > rules.MaxThicknessMm
                ? FormattableString.Invariant($"SliceThickness (0018,0050) is missing or above {rules.MaxThicknessMm} mm") :
            null);
        if (obstacle is not null) return new CtInstance(source, header, frameNumber, obstacle);

        Vector3 row = Direction(orientation, 0), column = Direction(orientation, 3), normal = Vector3.Cross(row, column);
        if (Math.Abs(row.Length() - 1) > 1e-2 || Math.Abs(column.Length() - 1) > 1e-2 || Math.Abs(Vector3.Dot(row, column)) > 1e-2)
            obstacle = "ImageOrientationPatient (0020,0037) is not a pair of perpendicular unit vectors";
        else if (Math.Abs(normal.Z) < Math.Cos((rules.MaxTiltDegrees + 0.1) * Math.PI / 180))
            obstacle = Math.Abs(normal.Y) > 0.8 ? "coronal, not an axial series" : Math.Abs(normal.X) > 0.8 ? "sagittal, not an axial series"
                : FormattableString.Invariant(
                    $"not an axial series: its slices are tilted by {Math.Acos(Math.Min(1, Math.Abs(normal.Z))) * 180 / Math.PI:F0} degrees");
        return new CtInstance(source, header, frameNumber, obstacle)
        {
            Rows = rows,
            Columns = columns,
            RowSpacingMm = spacing[0],
            ColumnSpacingMm = spacing[1],
            ThicknessMm = thickness[0],
            Origin = Direction(origin, 0),
            RowDirection = Vector3.Normalize(row),
            ColumnDirection = Vector3.Normalize(column - row * (Vector3.Dot(row, column) / row.LengthSquared())),
        };
    }

    /// <summary>What keeps stored values from being read, whatever they are; null when nothing does.</summary>
    private static string? Stored(DicomDataset header)
    {
        int stored = Whole(header, DicomTag.BitsStored), high = Whole(header, DicomTag.HighBit);
        return stored < 0 ? "BitsStored (0028,0101) is missing" : high < 0 ? "HighBit (0028,0102) is missing" :
            stored is < 1 or > 16 || high < stored - 1 || high > 15 ? $"{stored} bits stored with high bit {high} is not an image this version reads" :
            Whole(header, DicomTag.PixelRepresentation) is not (0 or 1) ? "PixelRepresentation (0028,0103) is missing or neither 0 nor 1" : null;
    }

    internal static Vector3 Direction(double[] values, int first) => new((float)values[first], (float)values[first + 1], (float)values[first + 2]);

    internal static double[] Numbers(DicomDataset header, DicomTag tag)
    {
        if (!header.TryGetString(tag, out string? text) || text.Length == 0) return [];
        string[] parts = text.Split('\\');
        double[] values = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !double.IsFinite(values[i])) return [];
        return values;
    }

    private static int Whole(DicomDataset header, DicomTag tag) => header.TryGetSingleValue(tag, out int value) ? value : -1;

    private sealed record Source(string Path, DicomFile File, Lazy<DicomPixelData> Pixels);
}
