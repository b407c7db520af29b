using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HematomaPacsAgent.Dicom.Json;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Json;

/// <summary>
/// DICOM JSON of every file at hand beside DCMTK's dcm2json. Where they differ on purpose: compressed pixel data, which dcm2json refuses,
/// is said to
/// lie elsewhere; (0008,0005) in items says ISO_IR 192 too (dcm2json changes the outermost only); ISO 2022 escapes, which Debian's dcm2json
/// cannot
/// convert, are compared with pydicom in <see cref="Data.CharacterSetTests"/>; minus zero keeps its sign.
/// </summary>
public sealed class DicomJsonOracleTests : IDisposable
{
    private const string PydicomFolder = "/usr/lib/python3/dist-packages/pydicom/data";
    private static readonly Dictionary<string, string> StandardDictionary = new() { ["DCMDICTPATH"] = "/usr/share/libdcmtk17/dicom.dic" };

    private static readonly DicomTag TrailingPadding = new(0xFFFC, 0xFFFC);

    private readonly TemporaryFolder folder = new();

    [Fact]
    public Task The_shared_files_dump_as_dcm2json_dumps_them() => CompareAsync(SharedFiles.Data("."), 120);

    [Fact]
    public Task The_files_of_pydicom_dump_as_dcm2json_dumps_them()
    {
        if (!Directory.Exists(PydicomFolder)) Assert.Skip("python3-pydicom not installed: apt-get install python3-pydicom");
        return CompareAsync(PydicomFolder, 130);
    }

    public void Dispose() => folder.Dispose();

    private async Task CompareAsync(string root, int atLeast)
    {
        string dcm2json = Programs.Find("dcm2json", "dcmtk");
        List<string> differences = [];
        int equal = 0;
        // One slice of a series stands for the others.
        IEnumerable<string> files = Directory.EnumerateFiles(root, "*",
            SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(IsDicom)
            .GroupBy(file => Path.GetDirectoryName(file)).SelectMany(group => group.Take(100));
        foreach (string file in files)
        {
            DicomFile ours;
            try
            {
                ours = DicomFile.Open(file);
            }
            catch (DicomFormatException refusal)
            {
                // A clear refusal is an answer, but not where dcm2json reads. DICOMDIR-nooffset has an item longer than its sequence.
                Assert.Contains(Path.GetFileName(file), refusal.Message, StringComparison.Ordinal);
                var (readable, _) = await RunAsync(dcm2json, file);
                if (readable == 0 && Path.GetFileName(file) != "DICOMDIR-nooffset") differences.Add($"{file}: {refusal.Message}");
                continue;
            }

            if (IsEncapsulated(ours)) ours.Dataset.Remove(TrailingPadding);
            JsonObject left = Json(ours.Dataset, item => item is DicomFragmentSequence ? ours.BulkDataUri(item) : null);
            if (IsEncapsulated(ours))
            {
                Assert.StartsWith("file:///", (string?)left["7FE00010"]!["BulkDataURI"], StringComparison.Ordinal);
                left.Remove("7FE00010");
            }

            var (exitCode, output) = await RunAsync(dcm2json, await WithoutCompressedPixelsAsync(file, ours));
            if (exitCode != 0 || Parse(output) is not { } right)
            {
                // dcm2json could not: then ours must at least survive its own way back.
                Assert.Equal(left.ToJsonString(), Json(DicomJson.Parse(System.Text.Encoding.UTF8.GetBytes(left.ToJsonString()))[0],
                    null).ToJsonString());
                continue;
            }

            int before = differences.Count;
            Differences(left, right, Path.GetFileName(file) + " ", differences);
            if (differences.Count == before) equal++;
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(20)));
        Assert.True(equal >= atLeast, $"only {equal} files were equal");
    }

    private static bool IsEncapsulated(DicomFile file) =>
        file.Dataset.TryGetItem(DicomTag.PixelData, out DicomItem? pixels) && pixels is DicomFragmentSequence;

    private static bool IsDicom(string path) => Path.GetExtension(path) is ".dcm" or "" && new FileInfo(path).Length > 200
        && Path.GetFileName(path) is var name && !name.StartsWith("LICENSE", StringComparison.Ordinal)
            && !name.StartsWith("README", StringComparison.Ordinal);

    /// <summary>dcm2json does not do compressed pixel data: it gets a copy without. dcmodify drops trailing padding too, so that goes as
    /// well.</summary>
    private async Task<string> WithoutCompressedPixelsAsync(string file, DicomFile ours)
    {
        if (!IsEncapsulated(ours)) return file;
        string copy = folder["without-pixels.dcm"];
        File.Copy(file, copy, overwrite: true);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Programs.RunAsync(Programs.Find("dcmodify", "dcmtk"), ["-q", "-nb", "-ie", "-ea", "(7fe0,0010)", copy],
            TestContext.Current.CancellationToken, StandardDictionary);
        return copy;
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string dcm2json, string file) =>
        await Programs.RunAsync(dcm2json, ["-q", "-fc", file], TestContext.Current.CancellationToken, StandardDictionary);

    private static JsonObject? Parse(string output)
    {
        try
        {
            // A text that is not UTF-8 came through as replacement characters: dcm2json passed bytes on that it should have converted.
            return output.Contains('�', StringComparison.Ordinal) ? null : JsonNode.Parse(output) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonObject Json(DicomDataset dataset, Func<DicomItem, string?>? bulk)
    {
        using MemoryStream stream = new();
        DicomJson.Write(stream, dataset, indented: false, bulk);
        return (JsonObject)JsonNode.Parse(stream.ToArray())!;
    }

    private static void Differences(JsonObject ours, JsonObject theirs, string path, List<string> found)
    {
        foreach (string tag in ours.Select(member => member.Key).Union(theirs.Select(member => member.Key)))
        {
            if (ours[tag] is not JsonObject left || theirs[tag] is not JsonObject right) found.Add($"{path}{tag} is only {(ours.ContainsKey(tag) ? "ours" : "theirs")}");
            else if ((string?)left["vr"] != (string?)right["vr"]) found.Add($"{path}{tag} vr {left["vr"]} and {right["vr"]}");
            else if ((string?)left["vr"] == "SQ")
            {
                JsonArray items = left["Value"] as JsonArray ?? [], others = right["Value"] as JsonArray ?? [];
                if (items.Count != others.Count) found.Add($"{path}{tag} has {items.Count} and {others.Count} items");
                else
                    for (int i = 0; i < items.Count; i++) Differences((JsonObject)items[i]!, (JsonObject)others[i]!, $"{path}{tag}/{i}/",
                        found);
            }
            else if (tag == "00080005" && path.Contains('/', StringComparison.Ordinal)) Assert.Equal("ISO_IR 192",
                (string?)left["Value"]![0]);
            else if (Values(left) != Values(right)) found.Add($"{path}{tag} {Values(left)} and {Values(right)}");
        }
    }

    private static string Values(JsonObject attribute)
    {
        if (attribute["InlineBinary"] is { } binary) return (string)binary!;
        return string.Join(" | ", (attribute["Value"] as JsonArray ?? []).Select(value => value switch
        {
            null => "null",
            JsonObject name => string.Join("=", name.Select(group => $"{group.Key}:{group.Value}").Order(StringComparer.Ordinal)),
            _ when (string?)attribute["vr"] is "DS" or "IS" or "FD"
                && double.TryParse(value.ToString(), CultureInfo.InvariantCulture, out double number) =>
                (number + 0).ToString("R", CultureInfo.InvariantCulture),
            _ when (string?)attribute["vr"] is "FL" && float.TryParse(value.ToString(), CultureInfo.InvariantCulture, out float number) =>
                (number + 0).ToString("R", CultureInfo.InvariantCulture),
            _ => value.ToString(),
        }));
    }
}
