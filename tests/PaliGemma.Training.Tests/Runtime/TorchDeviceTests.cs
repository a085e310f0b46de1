using PaliGemma.Training.Runtime;
using TorchSharp;

namespace PaliGemma.Training.Tests.Runtime;

public class TorchDeviceTests
{
    [Theory]
    [InlineData("cpu", null, "cpu")]
    [InlineData("cpu", 2, "cpu")]
    [InlineData("auto", null, "cpu")]
    [InlineData("auto", 0, "cpu")]
    [InlineData("auto", 2, "cuda:0")]
    [InlineData("cuda", 1, "cuda:0")]
    [InlineData("cuda:1", 2, "cuda:1")]
    public void A_device_is_found_by_its_name_among_what_is_there(string name, int? gpus, string expected) =>
        Assert.Equal(expected, TorchDevice.Choose(name, gpus).ToString());

    [Theory]
    [InlineData("cuda", null, "This build computes on the processor only; for cuda, build with -p:TorchDevice=cuda.")]
    [InlineData("cuda:1", 0, "No GPU of NVIDIA's answers; expected one for cuda:1, and a driver for CUDA 12.8.")]
    [InlineData("cuda:2", 2, "There is no cuda:2; the last of the GPUs that answer is cuda:1.")]
    [InlineData("cuda:", 2, "'cuda:' is no device; expected auto, cpu, cuda or cuda:N.")]
    [InlineData("cuda:-1", 2, "'cuda:-1' is no device; expected auto, cpu, cuda or cuda:N.")]
    [InlineData("gpu", null, "'gpu' is no device; expected auto, cpu, cuda or cuda:N.")]
    public void What_is_not_there_is_told_in_one_sentence(string name, int? gpus, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ArgumentException>(() => TorchDevice.Choose(name, gpus)).Message);

    [Fact]
    public void The_processor_is_always_there_and_its_memory_known()
    {
        torch.Device device = TorchDevice.Choose("cpu");
        Assert.Equal(DeviceType.CPU, device.type);
        Assert.True(TorchDevice.TotalMemory(device) > 0);
    }
}
