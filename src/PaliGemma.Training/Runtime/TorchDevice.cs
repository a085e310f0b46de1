using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace PaliGemma.Training.Runtime;

/// <summary>Chooses what to compute on, among what libtorch was built for and the machine has.</summary>
public static class TorchDevice
{
    /// <summary>The name of whatever is best: the first GPU that answers, else the processor.</summary>
    public const string Auto = "auto";

    private const string Cuda = "cuda";

    private delegate int Initialize(uint flags);

    private delegate int GetDevice(out int device, int index);

    private delegate int GetTotalMemory(out nuint bytes, int device);

    /// <summary>Loads libtorch and finds a device.</summary>
    /// <param name="name"><see cref="Auto"/>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="ArgumentException">There is no such device here.</exception>
    public static torch.Device Choose(string name)
    {
        TorchLibrary.Load();
        // Looking for GPUs takes time, and memory of each.
        torch.Device device = name == "cpu" ? torch.CPU : Choose(name, CountGpus());
        torch.InitializeDevice(device);
        return device;
    }

    /// <summary>The bytes of memory that a device has; null where that cannot be told.</summary>
    public static long? TotalMemory(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CUDA
            ? TotalGpuMemory(Math.Max(0, device.index))
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }

    /// <summary>The device of a name.</summary>
    /// <param name="name">As for <see cref="Choose(string)"/>.</param>
    /// <param name="gpus">GPUs that answer; null where libtorch is the one for the processor.</param>
    internal static torch.Device Choose(string name, int? gpus)
    {
        if (name == "cpu" || (name == Auto && gpus is null or 0))
        {
            return torch.CPU;
        }
        int index = name is Auto or Cuda ? 0 : ParseIndex(name);
        return gpus switch
        {
            null => throw new ArgumentException($"This build computes on the processor only; for {name}, build with -p:TorchDevice=cuda."),
            0 => throw new ArgumentException($"No GPU of NVIDIA's answers; expected one for {name}, and a driver for CUDA 12.8."),
            int count when index >= count => throw new ArgumentException($"There is no {name}; the last of the GPUs that answer is cuda:{count - 1}."),
            _ => new torch.Device(DeviceType.CUDA, index),
        };
    }

    private static int ParseIndex(string name)
    {
        const string Prefix = Cuda + ":";
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? index
            : throw new ArgumentException($"'{name}' is no device; expected {Auto}, cpu, cuda or cuda:N.");
    }

    private static int? CountGpus() => !TorchLibrary.HasCuda ? null : torch.cuda.is_available() ? torch.cuda.device_count() : 0;

    /// <summary>Asks the driver, because libtorch's answer is not in TorchSharp.</summary>
    private static long? TotalGpuMemory(int index)
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda" : "libcuda.so.1", out nint driver)
            || !NativeLibrary.TryGetExport(driver, "cuInit", out nint initialize)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGet", out nint getDevice)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceTotalMem_v2", out nint getTotalMemory))
        {
            return null;
        }
        return Marshal.GetDelegateForFunctionPointer<Initialize>(initialize)(0) == 0
            && Marshal.GetDelegateForFunctionPointer<GetDevice>(getDevice)(out int device, index) == 0
            && Marshal.GetDelegateForFunctionPointer<GetTotalMemory>(getTotalMemory)(out nuint bytes, device) == 0
            ? (long)bytes
            : null;
    }
}
