using System.Text.RegularExpressions;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Turns ONNX Runtime's complaint into one message: what is missing, what was found, what it wants, and the remedy.</summary>
internal static partial class CudaTrouble
{
    public static string Explain(string complaint, CudaDevice found, string? plugin)
    {
        string missing = MissingLibrary().Match(complaint) is { Success: true } match ? match.Groups["library"].Value : "";
        string cause = NotBuilt().IsMatch(complaint) ? "this build has no CUDA provider"
            : missing.Length > 0 ? $"{missing} is missing{Wanted(missing)}"
            : complaint.Trim().TrimEnd('.');
        string remedy = NotBuilt().IsMatch(complaint)
                ? "build with -p:OnnxRuntimeGpu=true, or name a CUDA provider in Inference:PluginLibrary"
            : plugin is not null && missing.Length == 0 && !File.Exists(plugin) ? $"name a library that is there in Inference:PluginLibrary ({plugin} is not)"
            : found.Name is null ? "install the NVIDIA driver and give the agent the GPU"
            : missing.StartsWith("libcudnn", StringComparison.Ordinal) ? "install cuDNN 9 for that CUDA and name its folder in LD_LIBRARY_PATH"
            : missing.Length > 0 ? "install the CUDA runtime libraries of that version and name their folder in LD_LIBRARY_PATH"
            : "see docs/inference-devices.md";
        return $"Inference:Device asks for CUDA, but CUDA does not load: {cause}; {found.Found}. Remedy: {remedy}, or set Inference:Device to cpu";
    }

    /// <summary>CUDA's libraries carry its major version in their names; ones of another major version never load.</summary>
    private static string Wanted(string library)
    {
        Match version = Major().Match(library);
        return !version.Success ? ""
            : version.Groups["name"].Value.StartsWith("cudnn", StringComparison.Ordinal) ? $" (wanted: cuDNN {version.Groups["major"].Value})"
            : version.Groups["name"].Value is "cublas" or "cublasLt" or "cudart" ? $" (wanted: CUDA {version.Groups["major"].Value})"
            : "";
    }

    [GeneratedRegex(@"(?<library>lib[\w.+-]+?\.so[\w.]*): cannot open shared object")]
    private static partial Regex MissingLibrary();

    [GeneratedRegex(@"^lib(?<name>\w+)\.so\.(?<major>\d+)")]
    private static partial Regex Major();

    [GeneratedRegex("not enabled in this build|entry point|EntryPointNotFound", RegexOptions.IgnoreCase)]
    private static partial Regex NotBuilt();
}
