package example;

import java.io.IOException;
import java.nio.file.Path;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** One model and one SAE, opened at the start and closed by Spring at the end. */
@SpringBootApplication
public class Application {
  public static void main(String[] args) {
    SpringApplication.run(Application.class, args);
  }

  @Bean
  Model model(@Value("${model}") String path) throws IOException {
    return Model.open(Path.of(path));
  }

  @Bean
  Sae sae(@Value("${sae}") String path) throws IOException {
    return Sae.open(Path.of(path));
  }
}
