using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>What the NVIDIA driver says of a GPU, asked of libcuda and NVML directly: it answers even where ONNX Runtime's CUDA does not load, and then tells why.</summary>
/// <param name="Name">E.g. <c>NVIDIA H100 80GB HBM3</c>; null without a usable GPU.</param>
/// <param name="Driver">E.g. <c>580.159.04</c>; null without a driver.</param>
/// <param name="CudaVersion">Newest CUDA that the driver serves, e.g. <c>13.0</c>.</param>
/// <param name="ComputeCapability">E.g. <c>9.0</c>.</param>
/// <param name="MemoryMb">Memory of the GPU, MB.</param>
/// <param name="Reason">Why there is no usable GPU; null with one.</param>
internal sealed partial record CudaDevice(string? Name, string? Driver, string? CudaVersion, string? ComputeCapability, long MemoryMb, string? Reason)
{
    private const int Success = 0, CapabilityMajor = 75, CapabilityMinor = 76;

    /// <summary>Asks the driver. Never throws: what is absent is told in <see cref="Reason"/>.</summary>
    public static CudaDevice Probe(int ordinal)
    {
        string? driver = DriverVersion();
        if (!NativeLibrary.TryLoad("libcuda.so.1", out nint cuda) && !NativeLibrary.TryLoad("nvcuda.dll", out cuda))
            return new(null, driver, null, null, 0, driver is null ? "no NVIDIA driver is installed (libcuda.so.1 is not there)"
                : $"driver {driver} is loaded, but libcuda.so.1 is not there (in a container: give it the GPU with compute capability)");
        try
        {
            int code = Get<Init>(cuda, "cuInit")(0);
            string? version = Get<Count>(cuda, "cuDriverGetVersion")(out int number) == Success ? $"{number / 1000}.{number % 1000 / 10}" : null;
            if (code != Success) return new(null, driver, version, null, 0, $"the NVIDIA driver does not start: {ErrorName(cuda, code)}");
            code = Get<Count>(cuda, "cuDeviceGetCount")(out int count);
            if (code != Success || count == 0)
                return new(null, driver, version, null, 0, code == Success ? "the NVIDIA driver shows no GPU" : $"the NVIDIA driver counts no GPU: {ErrorName(cuda, code)}");
            if (ordinal >= count) return new(null, driver, version, null, 0, $"Inference:GpuDeviceId is {ordinal}, the driver shows {count} (0 to {count - 1})");
            return Describe(cuda, ordinal, driver, version);
        }
        catch (EntryPointNotFoundException old)
        {
            return new(null, driver, null, null, 0, $"the NVIDIA driver is too old: {old.Message}");
        }
    }

    /// <summary>One line for messages and logs.</summary>
    public string Found => Name is not null
        ? $"found: {Name}, {MemoryMb} MB, compute capability {ComputeCapability}, driver {Driver ?? "unknown"} (serves CUDA up to {CudaVersion ?? "unknown"})"
        : $"found: {Reason}" + (CudaVersion is null ? "" : $" (driver {Driver ?? "unknown"}, serves CUDA up to {CudaVersion})");

    private static CudaDevice Describe(nint cuda, int ordinal, string? driver, string? version)
    {
        byte[] name = new byte[256];
        int code = Get<DeviceGet>(cuda, "cuDeviceGet")(out int device, ordinal);
        if (code == Success) code = Get<DeviceName>(cuda, "cuDeviceGetName")(name, name.Length, device);
        if (code != Success) return new(null, driver, version, null, 0, $"GPU {ordinal} does not answer: {ErrorName(cuda, code)}");
        Attribute attribute = Get<Attribute>(cuda, "cuDeviceGetAttribute");
        string? capability = attribute(out int major, CapabilityMajor, device) == Success && attribute(out int minor, CapabilityMinor, device) == Success
            ? $"{major}.{minor}" : null;
        long memory = Get<TotalMemory>(cuda, "cuDeviceTotalMem_v2")(out nuint bytes, device) == Success ? (long)(bytes >> 20) : 0;
        return new(Text(name), driver, version, capability, memory, null);
    }

    private static string? DriverVersion()
    {
        try
        {
            if (NativeLibrary.TryLoad("libnvidia-ml.so.1", out nint nvml))
            {
                byte[] version = new byte[96];
                if (Get<NoArgument>(nvml, "nvmlInit_v2")() == Success)
                {
                    int code = Get<SystemText>(nvml, "nvmlSystemGetDriverVersion")(version, (uint)version.Length);
                    _ = Get<NoArgument>(nvml, "nvmlShutdown")();
                    if (code == Success) return Text(version);
                }
            }

            const string Kernel = "/proc/driver/nvidia/version";
            if (File.Exists(Kernel) && DriverNumber().Match(File.ReadAllText(Kernel)) is { Success: true } match) return match.Value;
        }
        catch (Exception absent) when (absent is EntryPointNotFoundException or IOException or UnauthorizedAccessException)
        {
            // The version is for the record only.
        }

        return null;
    }

    private static string ErrorName(nint cuda, int code)
    {
        if (!NativeLibrary.TryGetExport(cuda, "cuGetErrorName", out nint address)) return $"CUDA error {code}";
        return Marshal.GetDelegateForFunctionPointer<NameOf>(address)(code, out nint text) == Success && Marshal.PtrToStringAnsi(text) is { } name
            ? $"{name} ({code})" : $"CUDA error {code}";
    }

    private static T Get<T>(nint library, string name) where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));

    private static string Text(byte[] bytes) => Encoding.ASCII.GetString(bytes.AsSpan(0, Math.Max(0, Array.IndexOf(bytes, (byte)0)))).Trim();

    [GeneratedRegex(@"\d{3,}\.\d+(\.\d+)?")]
    private static partial Regex DriverNumber();

    private delegate int NoArgument();

    private delegate int Init(uint flags);

    private delegate int Count(out int number);

    private delegate int DeviceGet(out int device, int ordinal);

    private delegate int DeviceName([Out] byte[] name, int length, int device);

    private delegate int Attribute(out int value, int attribute, int device);

    private delegate int TotalMemory(out nuint bytes, int device);

    private delegate int SystemText([Out] byte[] text, uint length);

    private delegate int NameOf(int code, out nint name);
}
