// Describes a picture, writing the words as they come: dotnet run -- MODEL_FOLDER PICTURE
using PaliGemma.Generation;
using PaliGemma.Imaging;

using PaliGemmaPipeline model = PaliGemmaPipeline.Load(args[0]);
RgbImage picture = ImageFile.Load(args[1]);
await foreach (string text in model.GenerateStreamAsync([picture], "caption en", new GenerationOptions { MaxNewTokens = 32 }))
{
    Console.Write(text);
}
Console.WriteLine();
