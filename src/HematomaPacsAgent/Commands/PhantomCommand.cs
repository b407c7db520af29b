using System.CommandLine;
using System.Globalization;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Pipeline.Phantoms;

namespace HematomaPacsAgent.Commands;

internal static class PhantomCommand
{
    public static Command Build()
    {
        Option<int> seed = new("--seed") { Description = "first seed; the same seed makes the same head", DefaultValueFactory = _ => 15 };
        Option<int> count = new("--count") { Description = "how many, from consecutive seeds", DefaultValueFactory = _ => 1 };
        Option<DirectoryInfo> folder = new("--out", "-o") { Description = "folder; each phantom gets a folder of its own in it", Required = true };
        Option<string> format = new("--format") { Description = "dicom: a CT series; npy: arrays for training (volume, mask, labels); nifti: image, mask and case.json for evaluate --cases", DefaultValueFactory = _ => "dicom" };
        format.AcceptOnlyFromAmong("dicom", "npy", "nifti");
        Option<int> matrix = new("--matrix") { Description = "pixels in a row and column", DefaultValueFactory = _ => 512 };
        Option<double?> spacing = new("--spacing") { Description = "pixel size in mm; without it a field of view of 220 to 250 mm" };
        Command command = new("phantom", "computer-made head CTs with known truth (hematoma mask, volume, signs)") { seed, count, folder, format, matrix, spacing };
        command.Runs((parsed, cancellation) =>
        {
            for (int i = 0; i < parsed.GetValue(count); i++)
            {
                cancellation.ThrowIfCancellationRequested();
                int number = parsed.GetValue(seed) + i;
                PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(number, parsed.GetValue(matrix), parsed.GetValue(spacing)));
                string target = Path.Combine(parsed.GetValue(folder)!.FullName, $"phantom-{number.ToString("D6", CultureInfo.InvariantCulture)}");
                if (parsed.GetValue(format) == "npy") PhantomArchive.Write(phantom, target);
                else if (parsed.GetValue(format) == "nifti") CaseFolder.Write(target, LabelledCase.Of(phantom), number);
                else PhantomSeries.Write(target, phantom.Volume, number.ToString(CultureInfo.InvariantCulture));
                string[] signs = [.. phantom.Signs.Where(sign => sign.Value).Select(sign => sign.Key)];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{target}: hematoma {phantom.HematomaMl:F1} ml; signs: {(signs.Length > 0 ? string.Join(", ", signs) : "none")}"));
            }

            return Task.FromResult(CommandRun.Done);
        });
        return command;
    }
}
