using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace PaliGemma.Training.Runtime;

/// <summary>
/// Loads libtorch. Everything that computes with tensors calls <see cref="Load"/> first; more than once does no harm.
/// </summary>
/// <remarks>
/// TorchSharp's native library for Linux asks for version GLIBCXX_3.4.32 of libstdc++, which systems of before 2023 lack, though no symbol
/// that it uses needs it. Where the system's loader refuses the library, a copy with <see cref="WeakVersionRequirement"/> is loaded
/// instead; other systems never get to that.
/// </remarks>
public static class TorchLibrary
{
    private const string Wrapper = "LibTorchSharp";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    /// <summary>What the wrapper's dependencies are, in the order in which they depend on each other.</summary>
    private static readonly string[] Dependencies = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];

    private static readonly Lazy<bool> Loaded = new(LoadOnce);

    private delegate int SetAllocatorOption(int option, int value);

    private delegate int SetVariable(
        [MarshalAs(UnmanagedType.LPStr)] string name, [MarshalAs(UnmanagedType.LPStr)] string value, int overwrite);

    /// <summary>Whether the program was built with libtorch for CUDA.</summary>
    internal static bool HasCuda { get; } = NativeFolders()
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "torch_cuda.dll" : "libtorch_cuda.so")));

    /// <summary>Loads libtorch's CPU backend.</summary>
    /// <exception cref="DllNotFoundException">The program was built without libtorch for this system.</exception>
    public static void Load() => _ = Loaded.Value;

    private static bool LoadOnce()
    {
        if (OperatingSystem.IsLinux())
        {
            if (NativeLibrary.TryLoad("libc.so.6", out nint library))
            {
                KeepMemory(library);
                WaitPassively(library);
            }
            AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name == Wrapper ? LoadWrapper() : 0;
        }
        torch.InitializeDeviceType(DeviceType.CPU);
        return true;
    }

    /// <summary>
    /// Lets malloc keep what is freed: libtorch asks for the same large blocks in every step, and handing them back costs a page fault for every 4 KiB of them.
    /// </summary>
    private static void KeepMemory(nint library)
    {
        const int TrimThreshold = -1, TopPad = -2, MmapMax = -4;
        if (NativeLibrary.TryGetExport(library, "mallopt", out nint address))
        {
            SetAllocatorOption set = Marshal.GetDelegateForFunctionPointer<SetAllocatorOption>(address);
            set(MmapMax, 0);
            set(TrimThreshold, int.MaxValue);
            set(TopPad, 64 << 20);
        }
    }

    /// <summary>
    /// Lets OpenMP's threads sleep while they wait for each other, unless the user has said otherwise: they spin by default, which takes
    /// the processors from the threads that read the next batches. OpenMP reads the variable of the C library, which is not that of .NET.
    /// </summary>
    private static void WaitPassively(nint library)
    {
        if (NativeLibrary.TryGetExport(library, "setenv", out nint address))
        {
            Marshal.GetDelegateForFunctionPointer<SetVariable>(address)("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
        }
    }

    private static nint LoadWrapper()
    {
        string? folder = NativeFolders().FirstOrDefault(path => File.Exists(Path.Combine(path, $"lib{Wrapper}.so")));
        if (folder is null)
        {
            return 0;
        }
        foreach (string dependency in Dependencies.Select(name => Path.Combine(folder, name)).Where(File.Exists))
        {
            NativeLibrary.Load(dependency);
        }
        byte[] library = File.ReadAllBytes(Path.Combine(folder, $"lib{Wrapper}.so"));
        if (!WeakVersionRequirement.Apply(library, MissingVersion))
        {
            return 0;
        }
        string copy = Path.Combine(Path.GetTempPath(), $"{Wrapper}.{Guid.NewGuid():N}.so");
        try
        {
            File.WriteAllBytes(copy, library);
            return NativeLibrary.Load(copy);
        }
        finally
        {
            File.Delete(copy); // Linux keeps what is loaded.
        }
    }

    private static IEnumerable<string> NativeFolders()
    {
        string searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return [.. searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), AppContext.BaseDirectory];
    }
}
