using System.Text;
using System.Text.RegularExpressions;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests;

/// <summary>The tables of docs/conformance-statement.md come from the code. <c>HEMATOMA_UPDATE_DOCS=1</c> writes them anew.</summary>
public sealed partial class ConformanceStatementTests
{
    [Fact]
    public void The_tables_of_the_conformance_statement_say_what_the_code_does()
    {
        string path = Path.Combine(SharedFiles.Repository, "docs", "conformance-statement.md"), before = File.ReadAllText(path);
        List<string> written = [];
        string after = Block().Replace(before, block =>
        {
            written.Add(block.Groups["name"].Value);
            return $"<!-- generated: {block.Groups["name"].Value} -->\n{Table(block.Groups["name"].Value)}<!-- end -->";
        });
        Assert.Equal(["identity", "association", "transfer-syntaxes", "character-sets", "storage-sop-classes"], written);
        if (Environment.GetEnvironmentVariable("HEMATOMA_UPDATE_DOCS") == "1") File.WriteAllText(path, after);
        else Assert.Equal(after, before);
    }

    private static string Table(string name) => name switch
    {
        "identity" => Rows("item | value", ["Implementation Class UID", DicomImplementation.ClassUid.Value], ["Implementation Version Name", DicomImplementation.VersionName]),
        "association" => Association(),
        "transfer-syntaxes" => TransferSyntaxes(),
        "character-sets" => string.Join(", ", CharacterSet.DefinedTerms.Select(term => $"`{term}`")) + ".\n",
        "storage-sop-classes" => Rows("SOP class | UID", [.. StorageSopClasses.All.Select(uid => (string[])[uid.Name == uid.Value ? "(retired)" : uid.Name, uid.Value])]),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such table"),
    };

    private static string Association()
    {
        AssociationOptions options = new();
        AcceptancePolicy policy = new();
        return Rows("parameter | default",
            ["Maximum PDU length offered", $"{options.MaxPduLength} bytes; a peer's is honoured from 4096 to unlimited"],
            ["Associations at once", $"{policy.MaxAssociations}; {policy.MaxAssociationsPerHost} from one address"],
            ["Least rate inside a message", $"{options.MinBytesPerSecond} bytes a second over {options.RateWindow.TotalSeconds:0} s"],
            ["Association timeout (ARTIM)", Seconds(options.AssociationTimeout)],
            ["DIMSE timeout", Seconds(options.DimseTimeout)],
            ["Idle timeout", Seconds(options.IdleTimeout)]);

        static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0} s";
    }

    private static string TransferSyntaxes() => Rows("transfer syntax | UID",
        [.. PixelDecoders.List(withJpeg2000: true).Select(syntax => (string[])[syntax.Name, syntax.Uid.Value])]);

    private static string Rows(string head, params string[][] rows)
    {
        StringBuilder text = new($"| {head} |\n|{string.Concat(head.Split('|').Select(_ => " --- |"))}\n");
        foreach (string[] row in rows) text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.ToString();
    }

    [GeneratedRegex("<!-- generated: (?<name>[a-z-]+) -->\n.*?<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Block();
}
