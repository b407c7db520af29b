using System.Security.Cryptography;
using System.Text;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Pipeline.Regions;

namespace HematomaPacsAgent.Commands;

/// <summary>What is measured of each case, and how: settled once, before the first one.</summary>
/// <param name="Parameters">What to compute.</param>
/// <param name="Region">Which region of each mask, where a case does not say so itself.</param>
/// <param name="Threads">Image types of one case measured at the same time.</param>
internal sealed record RadiomicsExtraction(RadiomicsParameters Parameters, RegionChoice Region, int Threads)
{
    /// <summary>Stands for everything that was asked for: rows with another digest do not belong in one table.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{Parameters.Profile} {Parameters.Sha256} {Region.Label} {Region.Segment}")))[..16];

    /// <summary>Columns of text before the features.</summary>
    public IReadOnlyList<string> DiagnosticNames { get; } = FeatureDictionary.DiagnosticNames(Parameters);

    /// <summary>Columns of numbers.</summary>
    public IReadOnlyList<string> FeatureNames { get; } = [.. FeatureDictionary.Columns(Parameters).Select(column => column.Column)];

    /// <summary>Without a file: PyRadiomics' own defaults, or IBSI's.</summary>
    /// <exception cref="UsageException">The parameter file cannot be followed.</exception>
    public static RadiomicsParameters Read(FileInfo? parameters, string? profile)
    {
        RadiomicsProfile? chosen = profile switch { "ibsi" => RadiomicsProfile.Ibsi, "pyradiomics" => RadiomicsProfile.PyRadiomics, _ => null };
        try
        {
            return parameters is null
                ? new RadiomicsParameters { Profile = chosen ?? RadiomicsProfile.PyRadiomics }
                : ParameterFile.Read(parameters.ToString(), chosen);
        }
        catch (RadiomicsException refused)
        {
            throw new UsageException(refused.Message);
        }
    }

    public RadiomicsResult Extract(RadiomicsInput input, IProgress<double>? progress, CancellationToken cancellation) =>
        FeatureExtractor.Extract(input.Image, input.Mask, Parameters, Threads, cancellation, progress);
}
