namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Holds a whole package against what its manifest states, on the device it is to run on.</summary>
public static class PackageCheck
{
    /// <summary>All that is wrong: the manifest, every digest, every network's golden output. Empty where nothing is.</summary>
    /// <param name="folder">The package.</param>
    /// <param name="inference">What runs its networks.</param>
    public static IReadOnlyList<string> Problems(string folder, Inference inference)
    {
        ModelPackage package;
        try
        {
            package = ModelPackage.Load(folder);
        }
        catch (Exception wrong) when (wrong is ModelPackageException or IOException or UnauthorizedAccessException)
        {
            return [wrong.Message]; // without a manifest to trust there is nothing to run
        }

        List<string> problems = [];
        for (int member = 0; member < package.Manifest.Files.Count; member++)
            try
            {
                OnnxModel.Load(package, member, inference).Dispose();
            }
            catch (Exception wrong) when (wrong is ModelPackageException or InferenceException)
            {
                problems.Add(wrong.Message);
            }

        return problems;
    }
}
