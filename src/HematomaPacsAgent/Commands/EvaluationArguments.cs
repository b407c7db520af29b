using System.CommandLine;
using System.Globalization;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Commands;

/// <summary>Which cases an evaluation is about: phantoms rendered as they are needed, or a folder of labelled cases read one by one.</summary>
internal sealed class EvaluationArguments
{
    private readonly Option<int?> phantoms = new("--phantoms") { Description = "first seed of computer-made heads, rendered on the fly" };
    private readonly Option<int> count = new("--count") { Description = "how many phantoms of each regime", DefaultValueFactory = _ => 20 };
    private readonly Option<ScannerRegime[]> regime = new("--regime")
    {
        Description = "scanner of the phantoms: A, B or C (never trained on); repeat it for several", DefaultValueFactory = _ => [ScannerRegime.C],
    };
    private readonly Option<int> matrix =
        new("--matrix") { Description = "pixels in a row and column of a phantom, 64 to 1024", DefaultValueFactory = _ => 512 };
    private readonly Option<string?> folder = new("--cases")
    {
        Description = "folder of folders, each with image.nii.gz, mask.nii.gz (1 hematoma, 2 ivh, 3 edema) and perhaps case.json (docs/evaluation.md)",
    };
    private readonly Option<string> output = new("--out", "-o") { Description = "folder for evaluation.json and evaluation.html", Required = true };

    public IEnumerable<Option> Options => [phantoms, count, regime, matrix, folder, output];

    public string Output(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(output)!);

    /// <summary>The cases, none read yet, how many they are, and the options that say which.</summary>
    /// <exception cref="UsageException">The options contradict each other or are out of range.</exception>
    /// <exception cref="CaseFolderException">The folder holds no whole cases.</exception>
    public (IEnumerable<LabelledCase> Cases, int Count, string Words) Read(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(phantoms) is null == parsed.GetValue(folder) is null)
            throw new UsageException("give --phantoms SEED for computer-made heads, or --cases DIR for labelled cases of yours");
        if (parsed.GetValue(folder) is { } cases)
        {
            if (new Option[] { count, regime, matrix }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } alien)
                throw new UsageException($"{alien.Name} is for --phantoms; --cases takes the cases as they are");
            IReadOnlyList<string> found = CaseFolder.In(cases);
            return (LabelledCase.Folders(found, cancellation), found.Count,
                $"--cases {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(cases)))}");
        }

        (int seed, int each, int size) = (parsed.GetValue(phantoms)!.Value, parsed.GetValue(count), parsed.GetValue(matrix));
        if (each < 1) throw new UsageException("--count must be at least 1");
        if (size is < 64 or > 1024) throw new UsageException("--matrix must be 64 to 1024");
        ScannerRegime[] regimes = [.. parsed.GetValue(regime)!.Distinct()];
        return (regimes.SelectMany(one => LabelledCase.Phantoms(seed, each, one, size)), checked(each * regimes.Length),
            string.Create(CultureInfo.InvariantCulture,
            $"--phantoms {seed} --count {each} {string.Join(' ', regimes.Select(one => $"--regime {one}"))} --matrix {size}"));
    }
}
